"""IIS123: a type that IIS creates when a pool starts, before any request."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._types import is_product_type, poses_as_microsoft, wears_stock_name
from iisight.rules.configuration._weights import NOTED, ODD, tell

INFO = RuleInfo(
    id="IIS123",
    title="Unknown auto-start provider",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-14",),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every auto-start provider of no known product."""
    for component in inventory.of(Kind.AUTO_START):
        type_ = component.type or ""
        if is_known(component) or is_product_type(type_):
            continue
        message = f"auto-start provider '{component.name}' runs {type_} whenever its pool starts"
        if poses_as_microsoft(type_):
            yield tell(INFO, component, ODD, f"{message}: a name of Microsoft's under a foreign key")
        elif not wears_stock_name(component):
            yield tell(INFO, component, NOTED, message)
