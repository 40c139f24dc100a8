"""IIS935: what PowerShell runs leaves no event."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject, Told
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed, unknown
from iisight.rules.hardening._recording import by_channel, by_switch, policy

INFO = check_info(
    "IIS935",
    "PowerShell that leaves no event",
    Severity.MEDIUM,
    "M1047",
    "Switch script block logging on by policy, and module logging of WebAdministration and IISAdministration",
    Input.SOFTWARE,
)
CHANNEL = "Microsoft-Windows-PowerShell/Operational"
SWITCHES = ("script block logging",)
_MORE = "PowerShell module logging"


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield whether the channel and script block logging are on; module logging is told with a pass."""
    found = {CHANNEL: by_channel(host, CHANNEL)} | {name: by_switch(host, name) for name in SWITCHES}
    for name, record in found.items():
        switch = policy(host, name)
        places = () if switch is None else (switch.locator,)
        if record.told is Told.NO:
            yield failed(record.reason, *places, subjects=[Subject("setting", name)])
        elif record.told is Told.UNKNOWN:
            yield unknown(f"whether {name} is on is not known", [record.reason], *places)
    if all(record.told is Told.YES for record in found.values()):
        more = "on" if by_switch(host, _MORE).told is Told.YES else "off"
        yield passed(f"script block logging is on; module logging is {more}")
