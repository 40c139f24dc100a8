"""IIS103: a component under a stock name whose image or type is not the stock one."""

from collections.abc import Iterable, Iterator

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import CatalogueMatch, Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place
from iisight.rules.configuration._types import is_product_type, wears_stock_name
from iisight.rules.configuration._web_configs import from_web_config
from iisight.rules.configuration._weights import (
    GRAVE,
    NOTED,
    ODD,
    PROOF,
    RARE,
    UNKNOWN,
    Weight,
    content_folders,
    is_resolved,
    place_among,
    tell,
)

INFO = RuleInfo(
    id="IIS103",
    title="Stock name with other code",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-01", "L-02", "L-04", "L-05", "L-06", "L-14", "L-18", "L-20", "L-24", "L-31"),
    attack=("T1505.004", "T1036.005"),
)

_IMAGES = (Kind.NATIVE_MODULE, Kind.ISAPI_FILTER, Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI)
_TYPES = (Kind.MANAGED_MODULE, Kind.MANAGED_HANDLER)
_PROVIDERS = (
    *(Kind.MANAGER_PROVIDER, Kind.FTP_PROVIDER, Kind.AUTO_START, Kind.DATABASE_PROVIDER, Kind.TYPE_REFERENCE),
)
_REFERENCES = frozenset({"configProtectedData", "system.web/membership", "system.web/roleManager"})
_GATE = "system.webServer/security/isapiCgiRestriction"
_PLACES = {
    Place.WRITABLE: PROOF,
    Place.REMOTE: PROOF,
    Place.CONTENT: PROOF,
    Place.OTHER: GRAVE,
    Place.SYSTEM: GRAVE,
    Place.PROGRAMS: RARE,
}


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every component whose name is in the catalogue and whose image or type is not that name's."""
    folders = content_folders(inventory)
    for component in inventory.of(*_IMAGES):
        match = component.match
        if match is not None and component.image and _is_replaced(component, match, "image"):
            weight = _weight_of_image(component.image, match, folders)
            yield from _tell(component, component.image, match.expected, weight)
    for component in inventory.of(*_TYPES):
        yield from _managed(component, component.type or "")
    for component in inventory.of(*_PROVIDERS):
        if wears_stock_name(component):
            yield from _provider(component, component.type or "")


def _is_replaced(component: Component, match: CatalogueMatch, fact: str) -> bool:
    """Tell whether the name is the catalogue's and the code is not; descriptions of the restriction list are free."""
    named = "name" in match.agrees and fact in match.differs
    return named and any(r.section != _GATE for r in component.registrations)


def _weight_of_image(image: str, match: CatalogueMatch, folders: frozenset[str]) -> Weight:
    place = place_among(image, folders)
    if not is_resolved(image) or (place is Place.OTHER and _is_moved(image, match.expected)):
        return RARE
    if match.tier == "core":
        return _PLACES[place]
    return GRAVE if place in {Place.WRITABLE, Place.REMOTE} else UNKNOWN


def _is_moved(image: str, expected: str) -> bool:
    r"""Tell whether an image is the expected file of a Windows in another folder (`D:\WINNT\System32\inetsrv\…`)."""
    moved = paths.fold(image).split("\\")[2:]
    return len(moved) > 1 and moved == expected.lower().split("\\")[1:]


def _managed(component: Component, type_name: str) -> Iterator[Finding]:
    match = component.match
    if is_product_type(type_name) or (match is not None and match.exact):
        return
    if component.kind is Kind.MANAGED_MODULE and component.name in catalogue().stock_names(Kind.NATIVE_MODULE):
        yield from _tell(component, type_name, "a native module", ODD)
    elif match is not None and _is_replaced(component, match, "type"):
        yield from _tell(component, type_name, match.expected, _weight_of_type(component, match))


def _weight_of_type(component: Component, match: CatalogueMatch) -> Weight:
    """An application may replace a stock module or handler for itself; hardly anybody does for the server."""
    if match.tier != "core":
        return NOTED
    return ODD if any(not r.scope for r in component.registrations) else UNKNOWN


def _provider(component: Component, type_name: str) -> Iterator[Finding]:
    """Judge what extends a service or the framework under a stock name; applications bring providers of their own."""
    expected = "" if component.match is None else component.match.expected
    if component.kind is not Kind.TYPE_REFERENCE:
        yield from _tell(component, type_name, expected, ODD)
    elif any(r.section in _REFERENCES for r in component.registrations):
        yield from _tell(component, type_name, expected, UNKNOWN if any(from_web_config(component)) else ODD)


def _tell(component: Component, code: str, expected: str, weight: Weight) -> Iterator[Finding]:
    message = f"{component.kind} '{component.name}' is {code}; the stock one of that name is {expected}"
    yield tell(INFO, component, weight, message)
