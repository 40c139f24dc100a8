"""IIS160: a Windows service of IIS that runs or loads another file than the one Windows installs for it."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.inventory.inventory import Inventory
from iisight.inventory.mechanisms.services import split_command
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, is_known
from iisight.rules.configuration._weights import GRAVE, NOTED, PROOF, Weight, content_folders, place_among, tell

INFO = RuleInfo(
    id="IIS160",
    title="Service of IIS that runs another file",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-29",),
    attack=("T1543.003", "T1505.004"),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every file of a service that is not the stock one, and every command run when one fails."""
    folders = content_folders(inventory)
    for component in inventory.of(Kind.SERVICE):
        if component.image is None:
            yield _command(component, folders)
        elif not is_known(component):
            place = place_among(component.image, folders)
            is_library = _is_library(component)
            verb, stock = "loads" if is_library else "runs", _stock(component.name, is_library)
            message = f"the service {component.name} {verb} {component.image}, {place}{stock}"
            yield tell(INFO, component, PROOF if place in EXPOSED else GRAVE, message)


def _is_library(component: Component) -> bool:
    return any(name == "ServiceDll" for r in component.registrations for name, _ in r.attributes)


def _stock(service: str, is_library: bool) -> str:
    images = (row["image"] for row in catalogue().rows("services") if row["name"] == service)
    expected = next((image for image in images if image.endswith(".dll") is is_library), "")
    return f"; Windows has {expected} there" if expected else ""


def _command(component: Component, folders: frozenset[str]) -> Finding:
    program, _ = split_command(component.arguments)
    place = place_among(program, folders)
    weight: Weight = GRAVE if place in EXPOSED else NOTED
    where = f", {place}" if place in EXPOSED else ""
    message = f"when it fails, the service {component.name.partition(' ')[0]} runs {component.arguments}{where}"
    return tell(INFO, component, weight, message)
