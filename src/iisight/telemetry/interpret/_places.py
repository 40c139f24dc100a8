"""Which place of a web server a Windows path is in: what decides whether an event about a file is of interest.

A folder named `bin` counts only below web roots, below the roots a run adds, or when a worker process writes there:
every program has one.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from iisight.evidence import paths
from iisight.model.need import ALWAYS, AnyOf, Need, any_of, literal
from iisight.telemetry.interpret._tables import rows

MAX_PATH = 4_096  # characters; Windows takes 32,767, products stay below 1,000

_DEVICE = re.compile(r"(?:\\\\[?.]\\|\\\?\?\\|\\)?(?:GLOBALROOT\\)?Device\\HarddiskVolume\d{1,6}(?=\\)", re.IGNORECASE)


class Area(StrEnum):
    """A place of a web server."""

    WATCHED = "watched"  # a file or folder that the caller asked for
    INETSRV = "inetsrv"
    CONFIGURATION = "configuration"
    SCHEMA = "schema"
    HISTORY = "history"
    SITE_CONFIGURATION = "site-configuration"  # a web.config
    FRAMEWORK = "framework"  # configuration of .NET
    GAC = "gac"
    BIN = "bin"
    APP_CODE = "app-code"
    START_CODE = "start-code"  # a global.asax
    TEMPORARY = "temporary"  # Temporary ASP.NET Files
    CONTENT = "content"
    WORKER = "worker"  # elsewhere, written by a worker process
    LOGS = "logs"
    EVENT_LOGS = "event-logs"


MARKS: tuple[str, ...] = (
    "inetsrv", "inetpub", "logfiles", "winevt", "assembly", "Temporary ASP.NET Files", "microsoft.net", "web.config",
    "global.asax", "app_code", "wwwroot", "httpproxy", "clientaccess", "webservices", "web server extensions",
)  # fmt: skip
NEED: Need = any_of(*MARKS, "w3wp")


@dataclass(frozen=True, slots=True)
class Watch:
    """Files and folders that matter besides: those of the components a scan found."""

    names: frozenset[str] = frozenset()  # base names, lower-case
    roots: tuple[str, ...] = ()  # Windows paths of web roots

    def need(self) -> Need:
        """Return what stands in every record that only this makes interesting."""
        last = [paths.basename(paths.normal(root)) for root in self.roots]
        if not all(last):  # a whole drive
            return ALWAYS
        return AnyOf(tuple(literal(text) for text in sorted({*self.names, *last} - {""})))


NOTHING = Watch()


def fold(path: str) -> str:
    r"""Return the key of a path in any spelling that logs have: device names, `\\?\`, short names of root folders."""
    return paths.fold(paths.expand_short(_DEVICE.sub("C:", path[:MAX_PATH], count=1)))


def area_of(path: str, watch: Watch = NOTHING, *, by_worker: bool = False) -> Area | None:
    """Return the place a path is in; None when it says nothing of a web server."""
    folded = fold(path)
    if folded.rpartition("\\")[2] in watch.names:
        return Area.WATCHED
    found = next((area for area, pattern in _patterns() if pattern.search(folded)), None)
    if found is None or found is Area.CONTENT:
        found = _of_roots(folded, watch) or found
    return found or (Area.WORKER if by_worker else None)


def _of_roots(folded: str, watch: Watch) -> Area | None:
    root = next((r for r in map(fold, watch.roots) if r and folded.startswith(r + "\\")), None)
    if root is None:
        return None
    return Area.BIN if "\\bin\\" in folded[len(root) :] else Area.CONTENT


@cache
def _patterns() -> tuple[tuple[Area, re.Pattern[str]], ...]:
    return tuple((Area(row["area"]), re.compile(row["pattern"])) for row in rows("areas"))


def code_kind(path: str) -> str:
    """Return what code a file can be by its name: `program`, `page`, `source` that ASP.NET compiles; empty for none."""
    return _extensions().get(paths.extension(path), "")


@cache
def _extensions() -> dict[str, str]:
    return {extension: row["kind"] for row in rows("extensions") for extension in row["extensions"].split()}


def matters(path: str, area: Area) -> bool:
    """Tell whether writing this file of an area can change what a server runs."""
    extension = paths.extension(path)
    if area is Area.WATCHED or code_kind(path):
        return area not in (Area.LOGS, Area.EVENT_LOGS, Area.HISTORY)
    if area in (Area.CONFIGURATION, Area.SCHEMA, Area.FRAMEWORK, Area.SITE_CONFIGURATION):
        return extension in (".config", ".xml", ".key")
    return area in (Area.BIN, Area.TEMPORARY) and extension == ".compiled"
