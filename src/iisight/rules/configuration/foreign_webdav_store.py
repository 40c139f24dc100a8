"""IIS125: a WebDAV property or lock store that is not the one of IIS."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, is_known
from iisight.rules.configuration._weights import GRAVE, PROOF, RARE, content_folders, place_among, tell

INFO = RuleInfo(
    id="IIS125",
    title="Foreign WebDAV store",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-17",),
)

_EXPRESS = ("%iis_bin%\\", "c:\\program files\\iis express\\", "c:\\program files (x86)\\iis express\\")
_STORES = frozenset({"webdav_simple_prop.dll", "webdav_simple_lock.dll"})


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every store whose DLL is not the stock one, in its stock place."""
    folders = content_folders(inventory)
    for component in inventory.of(Kind.WEBDAV_STORE):
        if component.image and not is_known(component) and not _is_express(component.image):
            place = place_among(component.image, folders)
            weight = PROOF if place is Place.WRITABLE else RARE if place is Place.PROGRAMS else GRAVE
            message = f"WebDAV store '{component.name}' is {component.image}, {place}"
            yield tell(INFO, component, weight, message)


def _is_express(image: str) -> bool:
    """Tell whether it is the stock file of IIS Express."""
    stock = paths.basename(image).lower() in _STORES
    return stock and image.lower().startswith(_EXPRESS)
