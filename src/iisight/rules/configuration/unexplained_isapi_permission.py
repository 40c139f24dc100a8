"""IIS116: a program that the ISAPI and CGI restriction list allows, and that no handler needs."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, is_known
from iisight.rules.configuration._processes import is_shell, split_program
from iisight.rules.configuration._weights import (
    GRAVE,
    NOTED,
    PROOF,
    RARE,
    Weight,
    content_folders,
    place_among,
    tell,
)

INFO = RuleInfo(
    id="IIS116",
    title="ISAPI or CGI program allowed for no known reason",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-05", "L-07"),
    options={
        "upload_folders": (
            *("upload", "uploads", "userfiles", "images", "img", "temp", "tmp", "cache", "fonts", "css", "js"),
            *("aspnet_client", "app_data"),
        )
    },
)

_GATE = "system.webServer/security/isapiCgiRestriction"


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every allowed program that the catalogue does not know and no handler row names."""
    folders = content_folders(inventory)
    for component in inventory.of(Kind.ISAPI_EXTENSION, Kind.CGI):
        if component.image and _is_allowed_alone(component) and not _is_catalogued(component, component.image):
            place = place_among(split_program(component.image)[0], folders)
            weight = _weight(component.image, place, options)
            message = f"{component.image}, {place}, is allowed to run as {component.kind}, and no handler names it"
            yield tell(INFO, component, weight, message)


def _is_allowed_alone(component: Component) -> bool:
    rows = component.registrations
    return all(r.section == _GATE for r in rows) and any(r.fate is Fate.ACTIVE for r in rows)


def _is_catalogued(component: Component, image: str) -> bool:
    known = catalogue()
    return is_known(component) or known.restriction(image) is not None or known.image_owner(image) is not None


def _weight(image: str, place: Place, options: Options) -> Weight:
    if place is Place.WRITABLE or is_shell(image):
        return PROOF
    if place is Place.REMOTE:
        return GRAVE
    if place is not Place.CONTENT:
        return NOTED
    names = options["upload_folders"]
    parts = paths.fold(image).split("\\")[:-1]
    return GRAVE if isinstance(names, tuple) and not set(names).isdisjoint(parts) else RARE
