"""IIS106: a name that `modules` enables and `globalModules` does not register."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules.configuration._weights import tell

INFO = RuleInfo(
    id="IIS106",
    title="Native module enabled and registered nowhere",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01",),
)

_GLOBAL = "system.webServer/globalModules"


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield them where an applicationHost.config with registrations was read."""
    complete = {
        server.name
        for server in inventory.servers
        if server.apphost is not None and server.resolver.effective(server.tree.root, _GLOBAL).entries
    }
    for component in inventory.of(Kind.NATIVE_MODULE):
        if component.server in complete and component.effective and not _is_registered(component):
            where = sorted({r.scope for r in component.registrations})[0] or "the server"
            message = f"modules of {where} enables '{component.name}', and globalModules registers no such module"
            yield tell(INFO, component, (INFO.severity, INFO.confidence), message)


def _is_registered(component: Component) -> bool:
    return any(r.section == _GLOBAL for r in component.registrations)
