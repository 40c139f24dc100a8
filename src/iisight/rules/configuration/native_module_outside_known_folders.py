"""IIS101: a native module whose image lies where no product installs modules."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, evidence_of, finding, is_known, place_of

INFO = RuleInfo(
    id="IIS101",
    title="Native module outside known folders",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-01",),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every native module whose image no product would have put where it is."""
    for component in inventory.of(Kind.NATIVE_MODULE):
        if component.image and not is_known(component):
            yield from _judge(component, component.image)


def _judge(component: Component, image: str) -> Iterable[Finding]:
    place = place_of(image)
    message = f"native module '{component.name}' is loaded from {image}, {place}"
    if place is Place.WRITABLE:
        yield finding(INFO, message, evidence_of(component), component)
    elif place is Place.CONTENT:
        yield finding(INFO, message, evidence_of(component), component, confidence=Confidence.MEDIUM)
    elif place is Place.OTHER:
        yield finding(
            INFO, message, evidence_of(component), component, severity=Severity.MEDIUM, confidence=Confidence.LOW
        )
