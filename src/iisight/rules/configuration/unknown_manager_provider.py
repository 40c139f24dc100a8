"""IIS128: an extension of IIS Manager of no known product."""

from collections.abc import Iterable, Iterator

from iisight.inventory.inventory import Inventory
from iisight.inventory.track import follow_setting
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding, is_known
from iisight.rules.configuration._types import is_product_type, poses_as_microsoft, wears_stock_name
from iisight.rules.configuration._weights import ODD, UNKNOWN, tell

INFO = RuleInfo(
    id="IIS128",
    title="Unknown provider of IIS Manager",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-20",),
)

_TRUSTED = "system.webServer/management/trustedProviders"
_SWITCH = "allowUntrustedProviders"


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every unknown provider, and the switch that lets users load any."""
    for component in inventory.of(Kind.MANAGER_PROVIDER):
        type_ = component.type or ""
        if is_known(component) or is_product_type(type_):
            continue
        message = f"IIS Manager loads '{component.name}': {type_}"
        if poses_as_microsoft(type_):
            yield tell(INFO, component, ODD, f"{message}, a name of Microsoft's under a foreign key")
        elif not wears_stock_name(component):
            yield tell(INFO, component, UNKNOWN, message)
    yield from _untrusted(inventory)


def _untrusted(inventory: Inventory) -> Iterator[Finding]:
    for server in inventory.servers:
        for track in follow_setting(server, _TRUSTED, "", _SWITCH):
            setting = track.setting
            if setting.value.lower() == "true":
                message = "IIS Manager loads providers of remote servers that nobody has listed as trusted"
                evidence = [Evidence(setting.locator, f'{_TRUSTED}: {_SWITCH}="true"')]
                yield finding(INFO, message, evidence, severity=Severity.LOW, confidence=Confidence.MEDIUM)
