"""IIS209: a native image in a Windows folder that does not say who made it."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Image
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, evidence_of, finding, is_known, place_of
from iisight.rules.binaries._examined import is_vouched_for
from iisight.rules.binaries._native import NATIVE, claims_microsoft, images, missing_entry_points, weight

INFO = RuleInfo(
    id="IIS209",
    title="Nameless image in a Windows folder",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-05", "L-06", "L-07", "L-12", "L-15", "L-17", "L-19"),
    attack=("T1505.004", "T1036.005"),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every registered native image below Windows without a maker's name; IIS208 has the stock places."""
    for component, binary, image in images(inventory, *NATIVE):
        if is_known(component) or catalogue().image_owner(binary.path) is not None:
            continue
        if place_of(binary.path) is not Place.SYSTEM:
            continue
        lacks = _lacks(image)
        if lacks:
            bare = image.version is None and not image.notes
            # What lacks its entry point stops every pool that loads it: no intruder leaves that behind.
            usable = not missing_entry_points(component, image) and not is_vouched_for(binary.examination)
            yield finding(
                INFO,
                f"{binary.path} of {component.kind} '{component.name}' lies in {Place.SYSTEM} and has {lacks}",
                evidence_of(component),
                component,
                severity=weight(component, Severity.MEDIUM),
                confidence=Confidence.MEDIUM if bare and usable else Confidence.LOW,
            )


def _lacks(image: Image) -> str:
    """Say what an image does not tell of its maker; empty when it tells."""
    if image.version is None:
        return "no version resource that can be read" if image.notes else "no version resource"
    named = (image.version.company or "").strip() or claims_microsoft(image.version)
    return "" if named else "a version resource that names no company"
