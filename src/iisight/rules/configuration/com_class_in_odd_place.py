"""IIS162: a COM class that processes of IIS create, with its DLL where no product installs such things."""

from collections.abc import Iterable

from iisight.inventory.com import to_clsid
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, Place, is_known
from iisight.rules.configuration._weights import GRAVE, PROOF, UNKNOWN, Weight, content_folders, place_among, tell

INFO = RuleInfo(
    id="IIS162",
    title="COM class of IIS in an odd place",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-16", "L-18", "L-23"),
    attack=("T1546.015", "T1505.004"),
)
_NAMES = {
    Kind.SCHEMA_EXTENSION: "schema extension",
    Kind.LOG_PLUGIN: "log plug-in",
    Kind.FTP_PROVIDER: "FTP provider",
}


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every class whose DLL lies in an odd place; one of Microsoft's lies with Windows or its product."""
    folders = content_folders(inventory)
    for component in inventory.of(*_NAMES):
        if component.image and _is_class(component):
            place = place_among(component.image, folders)
            weight = _weight(component, place)
            if weight is not None:
                what = f"the {_NAMES[component.kind]} {component.type}"
                yield tell(INFO, component, weight, f"{what} is loaded from {component.image}, {place}")


def _is_class(component: Component) -> bool:
    return component.kind is not Kind.FTP_PROVIDER or bool(to_clsid(component.type or ""))


def _weight(component: Component, place: Place) -> Weight | None:
    if place in EXPOSED:
        return PROOF
    if is_known(component):
        return None if place in {Place.SYSTEM, Place.PROGRAMS} else GRAVE
    return UNKNOWN if place is Place.OTHER else None
