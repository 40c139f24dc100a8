"""IIS163: the event channel that tells of changes to the configuration is off."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding

CHANNEL = "Microsoft-IIS-Configuration/Operational"

INFO = RuleInfo(
    id="IIS163",
    title="Log of configuration changes is off",
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    mechanisms=(),
    attack=("T1562.002",),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield the channel when the registry says that it is off."""
    channel = None if inventory.registry is None else inventory.registry.channel(CHANNEL)
    if channel is not None and channel.is_on is False:
        since = "" if channel.written is None else f"; its key was last changed {channel.written:%Y-%m-%d %H:%M:%S} UTC"
        message = f"{CHANNEL} is off{since}: no event tells who changed the configuration"
        yield finding(INFO, message, [Evidence(channel.locator, f"{channel.key}: Enabled=0")])
