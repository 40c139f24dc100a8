"""IIS119: a program that failed-request tracing starts."""

from collections.abc import Iterable

from iisight.inventory.config import host
from iisight.inventory.config.build import Server
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.config import Element
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, evidence_of, finding
from iisight.rules.configuration._processes import is_debugger, is_encoded, is_shell, split_program
from iisight.rules.configuration._weights import GRAVE, PROOF, RARE, UNKNOWN, Weight, place_among, weigh

INFO = RuleInfo(
    id="IIS119",
    title="Program started by failed-request tracing",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-10",),
    attack=("T1505.004", "T1546"),
)

_TRACING = "traceFailedRequestsLogging"
_SWITCHES = ("enabled", "customActionsEnabled")


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every custom action; where no site may run it, it only waits."""
    running = {server.name: _running_sites(server) for server in inventory.servers}
    for component in inventory.of(Kind.TRACE_ACTION):
        image = component.image or ""
        server = inventory.server(component.server)
        (severity, confidence), what = _judge(image, component.arguments)
        severity, confidence = weigh(component, (severity, confidence))
        message = f"failed requests for '{component.name}' start {what}"
        if not component.effective:
            message += " (not in force)"
        if server.apphost is not None and not _may_run(component, running[server.name]):
            severity, message = Severity.LOW, f"{message}, once a site allows custom actions"
        yield finding(INFO, message, evidence_of(component), component, severity=severity, confidence=confidence)


def _judge(image: str, arguments: str) -> tuple[Weight, str]:
    program, _ = split_program(image)
    place = place_among(program)
    if is_encoded(arguments):
        return PROOF, f"{program} with an encoded command"
    if is_shell(program):
        return PROOF, f"the shell {program}"
    if place is Place.WRITABLE:
        return PROOF, f"{program}, {place}"
    if is_debugger(program):
        return UNKNOWN, f"the debugger {program}"
    return (RARE if place is Place.PROGRAMS else GRAVE), f"{program}, {place}"


def _may_run(component: Component, running: frozenset[str]) -> bool:
    """Tell whether one of the sites that run actions has the rule."""
    scopes = {p.scope.partition("/")[0].casefold() for p in component.presence if p.effective}
    return bool(running if "" in scopes else scopes & running)


def _running_sites(server: Server) -> frozenset[str]:
    """Return the case-folded names of the sites that trace failed requests and run their actions."""
    state = server.resolver.effective(server.tree.root, host.SITES)
    defaults = state.children.get("siteDefaults")
    tracing = None if defaults is None else defaults.children.get(_TRACING)
    preset = {name: tracing.value(name) if tracing else "" for name in _SWITCHES}
    sites = (entry.element for entry in state.entries)
    return frozenset(
        site.get("name").casefold()
        for site in sites
        if all(_is_on(site.child(_TRACING), preset[name], name) for name in _SWITCHES)
    )


def _is_on(own: Element | None, default: str, name: str) -> bool:
    return (default if own is None else own.get(name, default)).lower() == "true"
