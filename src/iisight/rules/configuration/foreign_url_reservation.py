"""IIS164: a URL reserved at http.sys that Windows does not reserve itself."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding

INFO = RuleInfo(
    id="IIS164",
    title="URL reserved outside of IIS",
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    mechanisms=(),
    attack=("T1505.003",),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every reservation that is not Windows' own."""
    known = {row["url"].lower() for row in catalogue().rows("url_reservations")}
    for reserved in inventory.registry.reservations if inventory.registry is not None else ():
        if reserved.url.lower() not in known:
            message = f"http.sys keeps {reserved.url} for a program that listens beside IIS"
            yield finding(INFO, message, [Evidence(reserved.locator, f"{reserved.key}: {reserved.url}")])
