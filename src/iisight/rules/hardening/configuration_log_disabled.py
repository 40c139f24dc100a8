"""IIS931: changes of the configuration are not written to the IIS-Configuration channel."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject, Told
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed, unknown
from iisight.rules.hardening._recording import by_channel

INFO = check_info(
    "IIS931",
    "IIS-Configuration channel that is off",
    Severity.HIGH,
    "M1047",
    "Switch the channel Microsoft-IIS-Configuration/Operational on",
    Input.SOFTWARE,
)
CHANNEL = "Microsoft-IIS-Configuration/Operational"


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield whether the channel is on; Windows ships it off."""
    registry = host.inventory.registry
    switch = None if registry is None else registry.channel(CHANNEL)
    places = () if switch is None else (switch.locator,)
    found, subject = by_channel(host, CHANNEL), Subject("channel", CHANNEL)
    if found.told is Told.YES:
        yield passed(f"{CHANNEL} is on", *places)
    elif found.told is Told.NO:
        yield failed(f"{found.reason}: no event tells who changed the configuration", *places, subjects=[subject])
    else:
        yield unknown(f"whether {CHANNEL} is on is not known", [found.reason], *places, subjects=[subject])
