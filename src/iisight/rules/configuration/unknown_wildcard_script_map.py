"""IIS114: an ISAPI extension that is mapped to every URL and that the catalogue does not know."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, is_known
from iisight.rules.configuration._weights import GRAVE, ODD, UNKNOWN, Weight, content_folders, place_among, tell

INFO = RuleInfo(
    id="IIS114",
    title="Unknown ISAPI extension mapped to every URL",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-05",),
    options={"connectors": ("isapi_redirect.dll", "isapi6webagent.dll", "iis7webagent.dll", "iirf.dll")},
)

_HANDLERS = "system.webServer/handlers"
_EVERYTHING = frozenset({"*", "*.*"})


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every wildcard script map whose processor no product of the catalogue brings."""
    folders = content_folders(inventory)
    for component in inventory.of(Kind.ISAPI_EXTENSION):
        if not component.image or not _is_wildcard(component) or _is_catalogued(component, component.image):
            continue
        place = place_among(component.image, folders)
        if place is not Place.WRITABLE:  # IIS115 says that
            message = f"handler '{component.name}' sends every request to {component.image}, {place}"
            yield tell(INFO, component, _weight(place, component.image, options), message)


def _is_wildcard(component: Component) -> bool:
    rows = (dict(r.attributes) for r in component.registrations if r.section == _HANDLERS)
    return any(row.get("path") in _EVERYTHING for row in rows)


def _is_catalogued(component: Component, image: str) -> bool:
    return is_known(component) or catalogue().image_owner(image) is not None


def _weight(place: Place, image: str, options: Options) -> Weight:
    connectors = options["connectors"]
    is_connector = isinstance(connectors, tuple) and paths.basename(image).lower() in connectors
    if place is Place.PROGRAMS or is_connector:
        return UNKNOWN
    return GRAVE if place is Place.REMOTE else ODD
