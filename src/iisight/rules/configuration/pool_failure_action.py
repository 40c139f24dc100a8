"""IIS120: a program that is started when a worker process fails."""

from collections.abc import Iterable, Iterator

from iisight.inventory.config import host
from iisight.inventory.config.build import Server
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, evidence_of, finding
from iisight.rules.configuration._processes import is_debugger, is_encoded, is_shell, runs_script, split_program
from iisight.rules.configuration._weights import GRAVE, PROOF, RARE, UNKNOWN, Weight, lowered, place_among, weigh

INFO = RuleInfo(
    id="IIS120",
    title="Program started when an application pool fails",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-11",),
    attack=("T1505.004", "T1546"),
)

_ACTIONS = {"orphanActionExe": "an orphaned worker process", "autoShutdownExe": "a pool that is shut down"}
_SCRIPTS = (".bat", ".cmd", ".ps1", ".vbs", ".js")


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every failure action; one for orphans waits while no process is orphaned."""
    for component in inventory.of(Kind.POOL_ACTION):
        server = inventory.server(component.server)
        weight, what = _judge(component.image or "", component.arguments)
        severity, confidence = weigh(component, weight)
        when = sorted({a for r in component.registrations for a in _named(server, component, dict(r.attributes))})
        message = f"{' and '.join(_ACTIONS[a] for a in when) or 'a failing pool'} starts {what}"
        if not component.effective:
            message += " (not in force)"
        elif when == ["orphanActionExe"] and not _orphans(server, component):
            severity, message = lowered(severity), f"{message}, once worker processes are orphaned"
        pool = f"pool '{component.name}': " if component.name not in _ACTIONS else "every pool by default: "
        yield finding(INFO, pool + message, evidence_of(component), component, severity=severity, confidence=confidence)


def _judge(image: str, arguments: str) -> tuple[Weight, str]:
    program, _ = split_program(image)
    place = place_among(program)
    if is_encoded(arguments):
        return PROOF, f"{program} with an encoded command"
    if is_shell(program):
        scripted = runs_script(arguments)
        return (GRAVE, f"the shell {program}, given a script") if scripted else (PROOF, f"the shell {program}")
    if place is Place.WRITABLE:
        return PROOF, f"{program}, {place}"
    if is_debugger(program):
        return UNKNOWN, f"the debugger {program}"
    installed = place is Place.PROGRAMS or (program.lower().endswith(_SCRIPTS) and place is Place.OTHER)
    return (RARE if installed else GRAVE), f"{program}, {place}"


def _named(server: Server, component: Component, attributes: dict[str, str]) -> Iterator[str]:
    """Yield which attributes of a failure element are this component."""
    image = component.image or ""
    for name in _ACTIONS:
        if server.expand(attributes.get(name, "")).strip().strip('"') == image:
            yield name


def _orphans(server: Server, component: Component) -> bool:
    """Tell whether the pool, or the pools' defaults, leave failed worker processes running."""
    own = [dict(r.attributes).get("orphanWorkerProcess", "") for r in component.registrations]
    if any(own):
        return any(value.lower() == "true" for value in own)
    state = server.resolver.effective(server.tree.root, host.POOLS).children.get("applicationPoolDefaults")
    failure = None if state is None else state.children.get("failure")
    return failure is not None and failure.value("orphanWorkerProcess").lower() == "true"
