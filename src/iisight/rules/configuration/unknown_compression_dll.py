"""IIS124: a compression scheme whose DLL is of no known product."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, is_known
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, PROOF, content_folders, place_among, tell

INFO = RuleInfo(
    id="IIS124",
    title="Unknown compression scheme",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-15",),
)

_WEIGHTS = {
    Place.WRITABLE: PROOF,
    Place.CONTENT: GRAVE,
    Place.REMOTE: GRAVE,
    Place.OTHER: ODD,
    Place.SYSTEM: ODD,
    Place.PROGRAMS: NOTED,
}


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every compression DLL that neither IIS nor a known product brings."""
    folders = content_folders(inventory)
    for component in inventory.of(Kind.COMPRESSION):
        if component.image and not is_known(component):
            place = place_among(component.image, folders)
            message = f"compression scheme '{component.name}' loads {component.image}, {place}"
            yield tell(INFO, component, _WEIGHTS[place], message)
