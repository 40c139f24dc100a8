"""IIS105: an unknown native module that every worker process loads and no `modules` row enables."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._weights import tell

INFO = RuleInfo(
    id="IIS105",
    title="Native module registered and enabled nowhere",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01",),
)

_GLOBAL = "system.webServer/globalModules"
_ENABLED = "system.webServer/modules"


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield them; nothing for a server of which no `modules` row was read."""
    modules = list(inventory.of(Kind.NATIVE_MODULE))
    servers = {c.server for c in modules if _has(c, _ENABLED)}
    for component in modules:
        lonely = _has(component, _GLOBAL) and not _has(component, _ENABLED)
        if lonely and component.server in servers and not is_known(component):
            message = (
                f"native module '{component.name}' is loaded from {component.image}, and no modules row of "
                "any configuration read here enables it"
            )
            yield tell(INFO, component, (INFO.severity, INFO.confidence), message)


def _has(component: Component, section: str) -> bool:
    return any(r.section == section and r.fate is Fate.ACTIVE for r in component.registrations)
