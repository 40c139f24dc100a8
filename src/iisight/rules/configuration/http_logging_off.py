"""IIS112: requests that IIS does not write to its log."""

from collections.abc import Iterable, Iterator

from iisight.inventory.config.build import Server
from iisight.inventory.config.host import SITES
from iisight.inventory.inventory import Inventory
from iisight.inventory.track import at_path
from iisight.model.config import Element, ElementState
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS112",
    title="HTTP logging is off",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1562.002"),
)

_LOGGING = "system.webServer/httpLogging"
_CENTRAL = "system.applicationHost/log"
_GLOBAL = "system.webServer/globalModules"
_MODULES = "system.webServer/modules"
_MODULE = "HttpLoggingModule"
_EXPRESS = "IIS Express"  # its template logs nothing
_OFF = frozenset({"false", "0"})
_ON = frozenset({"true", "1"})
_PARTIAL = {"logerror": "failed requests alone", "logsuccessful": "successful requests alone"}


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every place at which logging is off or partial, and who says so."""
    for server in inventory.servers:
        if not server.name.startswith(_EXPRESS):
            yield from _switches(server)
            yield from _sites(server)
            yield from _central(server)
            yield from _module(server)


def _switches(server: Server) -> Iterator[Finding]:
    """Read `httpLogging`, the switch that a location of any depth may hold."""
    for change in server.resolver.changes(_LOGGING):
        scope, place = change.node.scope, change.node.scope or "the server"
        off, was_off = change.after.settings.get("dontLog"), change.before.settings.get("dontLog")
        if off is not None and _says(off.value, _ON) and (was_off is None or off.locator != was_off.locator):
            yield _tell(f"httpLogging has dontLog=true for {place}", off.locator, scope, _weight(server, scope))
        some, before = change.after.settings.get("selectiveLogging"), change.before.settings.get("selectiveLogging")
        kind = "" if some is None else _PARTIAL.get(some.value.strip().lower(), "")
        if some is not None and kind and (before is None or before.locator != some.locator):
            message = f"httpLogging logs {kind} for {place}"
            yield _tell(message, some.locator, scope, NOTED if scope else UNKNOWN)


def _weight(server: Server, scope: str) -> Weight:
    """Load balancers' health checks are left out of logs all the time; a server or a site never is."""
    depth = scope.count("/") + 1 if scope else 0
    if server.apphost is None or depth > 1:
        return NOTED
    return UNKNOWN if depth else ODD


def _sites(server: Server) -> Iterator[Finding]:
    state = server.resolver.effective(server.tree.root, SITES)
    defaults = at_path(state, "siteDefaults/logFile")
    enabled = defaults.settings.get("enabled")
    if enabled is not None and _says(enabled.value, _OFF):
        yield _tell("siteDefaults turns the log files of every site off", enabled.locator, "", ODD)
    for entry in state.entries:
        log, name = entry.element.child("logFile"), entry.element.get("name")
        if log is not None:
            yield from _site(log, entry.document.at(log), name)


def _site(log: Element, place: Locator, name: str) -> Iterator[Finding]:
    targets = log.get("logTargetW3C", "File").lower()
    if _says(log.get("enabled"), _OFF):
        yield _tell(f"the log file of site {name} is off", place, name, UNKNOWN)
    elif "file" not in targets:
        yield _tell(f"site {name} logs to {log.get('logTargetW3C')} and to no file", place, name, UNKNOWN)


def _central(server: Server) -> Iterator[Finding]:
    """Read `log`: in a central mode one file of the server takes the place of those of the sites."""
    state = server.resolver.effective(server.tree.root, _CENTRAL)
    mode = state.value("centralLogFileMode", "Site").strip().lower()
    name = {"centralbinary": "centralBinaryLogFile", "centralw3c": "centralW3CLogFile"}.get(mode, "")
    enabled = at_path(state, name).settings.get("enabled") if name else None
    if enabled is not None and _says(enabled.value, _OFF):
        yield _tell(f"{name}, the one log file of the server, is off", enabled.locator, "", ODD)


def _module(server: Server) -> Iterator[Finding]:
    """A server whose logging module is registered and not enabled looks as if it logged."""
    registered = server.resolver.effective(server.tree.root, _GLOBAL)
    enabled = server.resolver.effective(server.tree.root, _MODULES)
    rows = [e for e in registered.entries if e.key == _MODULE]
    if rows and enabled.entries and not _has(enabled):
        yield _tell(f"{_MODULE} is registered, and modules of the server does not enable it", rows[0].locator, "", ODD)


def _has(state: ElementState) -> bool:
    return any(entry.key == _MODULE for entry in state.entries)


def _says(value: str, words: frozenset[str]) -> bool:
    return value.strip().lower() in words


def _tell(message: str, place: Locator, scope: str, weight: Weight) -> Finding:
    severity, confidence = weight
    return finding(INFO, message, [Evidence(place, message)], severity=severity, confidence=confidence, scope=scope)
