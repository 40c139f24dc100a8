"""IIS126: an extension of the FTP service of no known product."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._types import is_product_type, poses_as_microsoft, wears_stock_name
from iisight.rules.configuration._weights import ODD, UNKNOWN, tell

INFO = RuleInfo(
    id="IIS126",
    title="Unknown FTP provider",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-18",),
    attack=("T1505.004", "T1556"),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every provider that does not come with the FTP service."""
    for component in inventory.of(Kind.FTP_PROVIDER):
        type_ = component.type or ""
        if is_known(component) or is_product_type(type_):
            continue
        message = f"FTP provider '{component.name}' is {type_}"
        if poses_as_microsoft(type_):
            yield tell(INFO, component, ODD, f"{message}: a name of Microsoft's under a foreign key")
        elif not wears_stock_name(component):
            yield tell(INFO, component, UNKNOWN, message)
