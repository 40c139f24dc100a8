"""IIS101: a native module or an ISAPI filter whose image lies where no product installs such things."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, is_known
from iisight.rules.configuration import _weights as weights

INFO = RuleInfo(
    id="IIS101",
    title="Native code outside known folders",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-01", "L-06"),
)

_NAMES = {Kind.NATIVE_MODULE: "native module", Kind.ISAPI_FILTER: "ISAPI filter"}
_BY_PLACE = {Place.WRITABLE: weights.GRAVE, Place.CONTENT: weights.GRAVE, Place.OTHER: weights.UNKNOWN}


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every native module and filter whose image no product would have put where it is."""
    folders = weights.content_folders(inventory)
    for component in inventory.of(*_NAMES):
        image = component.image
        if image is None or is_known(component) or not weights.is_resolved(image):
            continue
        place = weights.place_among(image, folders)
        weight = weights.PROOF if weights.is_temporary(image) else _BY_PLACE.get(place)
        if weight is not None:
            message = f"{_NAMES[component.kind]} '{component.name}' is loaded from {image}, {place}"
            yield weights.tell(INFO, component, weight, message)
