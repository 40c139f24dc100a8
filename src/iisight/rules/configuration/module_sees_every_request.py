"""IIS110: a managed module of a web.config that is asked for static files too."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules.configuration._web_configs import from_web_config, is_foreign, sees_everything
from iisight.rules.configuration._weights import tell

INFO = RuleInfo(
    id="IIS110",
    title="Managed module that sees every request",
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    mechanisms=("L-02",),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield one finding for each such module, at the first place that registers it."""
    for component in inventory.of(Kind.MANAGED_MODULE):
        rows = (r for r in from_web_config(component) if r.fate is Fate.ACTIVE and is_foreign(component))
        for row in rows:
            why = sees_everything(inventory, component, row)
            if why:
                message = (
                    f"managed module '{component.name}' ({component.type}) sees every request of {row.scope}: {why}"
                )
                yield tell(INFO, component, (INFO.severity, INFO.confidence), message)
                break
