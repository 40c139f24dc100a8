"""IIS127: a protocol of the Windows Process Activation Service that does not come with Windows."""

from collections.abc import Iterable, Iterator

from iisight.catalogue.lookup import catalogue
from iisight.inventory.inventory import Inventory
from iisight.inventory.track import Follower
from iisight.model.component import Component, Kind
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, finding, is_known
from iisight.rules.configuration._types import is_product_type, poses_as_microsoft
from iisight.rules.configuration._weights import ODD, PROOF, UNKNOWN, place_among, tell

INFO = RuleInfo(
    id="IIS127",
    title="Foreign activation protocol",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-19",),
)

_LISTENERS = "system.applicationHost/listenerAdapters"


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield protocol DLLs, protocol handler types, and listener adapters that Windows does not have."""
    for component in inventory.of(Kind.WAS_PROTOCOL):
        if not is_known(component):
            yield from _judge(component)
    yield from _adapters(inventory)


def _judge(component: Component) -> Iterator[Finding]:
    if component.image:
        place = place_among(component.image)
        weight = PROOF if place is Place.WRITABLE else ODD
        message = f"protocol '{component.name}' has WAS load {component.image}, {place}"
        yield tell(INFO, component, weight, message)
    elif component.type and not is_product_type(component.type):
        poses = poses_as_microsoft(component.type)
        tail = ": a name of Microsoft's under a foreign key" if poses else ""
        message = f"protocol '{component.name}' has worker processes create {component.type}{tail}"
        yield tell(INFO, component, ODD if poses else UNKNOWN, message)


def _adapters(inventory: Inventory) -> Iterator[Finding]:
    """Yield listener adapters without a DLL, whose work is done by another service."""
    known = {row["name"] for row in catalogue().rows("listeners")}
    for server in inventory.servers:
        for track in Follower(server, _LISTENERS).entries():
            name = track.get("name")
            if track.fate is Fate.ACTIVE and name not in known and not track.get("protocolManagerDll"):
                message = f"listener adapter '{name}' lets a service other than those of Windows start worker processes"
                evidence = [Evidence(track.entry.locator, f'{_LISTENERS}: name="{name}"')]
                yield finding(INFO, message, evidence, severity=Severity.MEDIUM, confidence=Confidence.LOW)
