"""IIS115: a script processor that is a shell, or lies where ordinary accounts may write."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, is_known
from iisight.rules.configuration._processes import is_encoded, is_runtime, is_shell, runs_script, split_program
from iisight.rules.configuration._weights import GRAVE, PROOF, UNKNOWN, is_temporary, place_among, tell

INFO = RuleInfo(
    id="IIS115",
    title="Script processor that is a shell or lies in a writable folder",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-05", "L-07", "L-08"),
    attack=("T1505.004", "T1059"),
)

_GATE = "system.webServer/security/isapiCgiRestriction"


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every ISAPI, CGI and FastCGI processor that no product would be."""
    for component in inventory.of(Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI):
        if component.image and not is_known(component) and _is_mapped(component):
            yield from _judge(component, component.image)


def _is_mapped(component: Component) -> bool:
    """Tell whether a handler or FastCGI names it; what is only allowed to run is for IIS116."""
    return any(r.section != _GATE for r in component.registrations)


def _judge(component: Component, image: str) -> Iterable[Finding]:
    program, more = split_program(image) if component.kind is Kind.CGI else (image, "")
    arguments = f"{more} {component.arguments}".strip()
    place = place_among(program)
    if is_shell(program):
        given = ", given a script" if runs_script(arguments) else ""
        hidden = " with an encoded command" if is_encoded(arguments) else ""
        message = f"{component.kind} '{component.name}' hands requests to the shell {program}{hidden}{given}"
        yield tell(INFO, component, GRAVE if given else PROOF, message)
    elif place is Place.WRITABLE:
        usual = is_runtime(program) and not is_temporary(program)
        message = f"{component.kind} '{component.name}' hands requests to {program}, {place}"
        yield tell(INFO, component, UNKNOWN if usual else PROOF, message)
    elif place is Place.REMOTE:
        message = f"{component.kind} '{component.name}' hands requests to {program}, {place}"
        yield tell(INFO, component, GRAVE, message)
