"""IIS134: `AspNet.Loader.dll` in an application's `bin`."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._types import microsoft_tokens
from iisight.rules.configuration._weights import PROOF, UNKNOWN, tell

INFO = RuleInfo(
    id="IIS134",
    title="AspNet.Loader.dll in an application",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-25",),
    attack=("T1505.004", "T1574"),
)

_LOADER = "aspnet.loader.dll"


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every loader; those of the previews of ASP.NET 5 had a key of Microsoft's."""
    for component in inventory.of(Kind.START_CODE):
        if component.name.lower() == _LOADER and not is_known(component):
            keyed = assembly_of(component.type or "")[2] in microsoft_tokens()
            tail = ", and names a key of Microsoft's" if keyed else ""
            message = f"{component.image} is loaded before the application{tail}"
            yield tell(INFO, component, UNKNOWN if keyed else PROOF, message)
