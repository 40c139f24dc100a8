"""IIS203: a native image that names Microsoft as its maker, where Microsoft installs nothing."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, evidence_of, finding, is_known, place_of
from iisight.rules.binaries._native import NATIVE, claims_microsoft, images, weight

INFO = RuleInfo(
    id="IIS203",
    title="Microsoft claim at an unlikely place",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-01", "L-05", "L-06", "L-07", "L-15"),
    attack=("T1505.004", "T1036.005"),
)
_JUDGED = {
    Place.WRITABLE: (Severity.HIGH, Confidence.HIGH),
    Place.CONTENT: (Severity.HIGH, Confidence.MEDIUM),
    Place.OTHER: (Severity.MEDIUM, Confidence.LOW),
    Place.PROGRAMS: (Severity.LOW, Confidence.LOW),
}


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every registered native image whose version resource names Microsoft and whose place speaks against it."""
    for component, binary, image in images(inventory, *NATIVE):
        place = place_of(binary.path)
        if is_known(component) or place not in _JUDGED or not claims_microsoft(image.version):
            continue
        severity, confidence = _JUDGED[place]
        text = f"{binary.path} of {component.kind} '{component.name}' says it is Microsoft's and lies in {place}"
        yield finding(
            INFO,
            text,
            evidence_of(component),
            component,
            severity=weight(component, severity),
            confidence=confidence,
        )
