"""Registry values that matter, for the sources that see them set."""

import re
from functools import cache

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.model.activity import Act, Action
from iisight.model.need import Need, any_of
from iisight.telemetry.interpret._fields import number
from iisight.telemetry.interpret._places import Watch, area_of, fold
from iisight.telemetry.interpret._tables import Row, rows

TOOL = "registry"
MAX_KEY = 4_096  # characters
NEED: Need = any_of(
    r"WINEVT\Channels", "Autologger", r"Services\W3SVC", r"Services\WAS", r"Services\IISADMIN", r"Services\WMSVC",
    "InetStp", "InprocServer32", "UrlAclInfo", "Exclusions", r"Environment\COR", r"Environment\DOTNET_",
    r"Environment\COMPLUS_", r"Environment\ASPNETCORE_", r"Environment\APPDOMAIN_", r"Session Manager\Environment",
)  # fmt: skip

_DWORD = re.compile(r"\s*(?:[dq]word\s*\()?\s*(0x[0-9a-f]{1,16}|\d{1,20})", re.IGNORECASE)


def value_set(key: str, new: str, watch: Watch, old: str = "") -> tuple[Action, ...]:
    """Return what setting a value does; nothing when it does not matter."""
    key = key[:MAX_KEY]
    for row, pattern in _patterns():
        match = pattern.search(key.lower())
        if match and _fits(row["value"], new, watch):
            start, end = match.span("subject") if "subject" in pattern.groupindex else (0, len(key))
            subject = key[start:end] if key.isascii() else match.groupdict().get("subject") or key
            return (Action(Act(row["act"]), TOOL, subject, name=row["name"], old=old, new=new),)
    return ()


def _fits(wanted: str, new: str, watch: Watch) -> bool:
    if wanted == "0":
        match = _DWORD.match(new[:64])
        return match is not None and number(match[1]) == 0
    if wanted == "path":
        return paths.is_absolute(new) and (
            area_of(new, watch) is not None or catalogue().is_implausible_folder(fold(new))
        )
    return True


@cache
def _patterns() -> tuple[tuple[Row, re.Pattern[str]], ...]:
    return tuple((row, re.compile(row["pattern"])) for row in rows("registry"))
