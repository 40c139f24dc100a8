"""IIS147: an ISAPI filter of the IIS 6 metabase."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, evidence_of, finding, is_known, place_of

INFO = RuleInfo(
    id="IIS147",
    title="ISAPI filter of the IIS 6 metabase",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-28",),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every filter that is kept where IIS Manager does not show it."""
    for component in inventory.of(Kind.ISAPI_FILTER):
        if component.mechanism == INFO.mechanisms[0] and component.image and not is_known(component):
            yield _judge(component, place_of(component.image))


def _judge(component: Component, place: Place) -> Finding:
    text = f"the IIS 6 metabase names ISAPI filter '{component.name}' from {component.image}, {place}"
    evidence = evidence_of(component)
    if place is Place.WRITABLE:
        severity = Severity.HIGH if component.effective else Severity.MEDIUM
        return finding(INFO, text, evidence, component, severity=severity, confidence=Confidence.HIGH)
    severity = Severity.MEDIUM if component.effective else Severity.LOW
    return finding(INFO, text, evidence, component, severity=severity)
