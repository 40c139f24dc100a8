"""IIS941: event logs that hold a few hours of a busy server."""

from collections.abc import Iterable

from iisight.inventory.registry_facts import CHANNELS
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options, number_of
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed, unknown

INFO = check_info(
    "IIS941",
    "Event logs that are kept short",
    Severity.LOW,
    "M1047",
    "Let the Security log and the IIS-Configuration channel grow, and forward both",
    Input.SYSTEM,
    Input.SOFTWARE,
    options={"security_megabytes": 192, "configuration_megabytes": 8},
)
POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Security"
SECURITY = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Security"
CONFIGURATION = rf"{CHANNELS}\Microsoft-IIS-Configuration/Operational"
_MEGABYTE = 1024 * 1024
_KILOBYTE = 1024


def check(host: Host, options: Options) -> Iterable[Point]:
    """Yield each of the two logs with the size it may have."""
    by_policy = _number(host, POLICY)  # in KB
    sizes = {
        "Security": by_policy * _KILOBYTE if by_policy is not None else _number(host, SECURITY),
        "Microsoft-IIS-Configuration/Operational": _number(host, CONFIGURATION),
    }
    least = {"Security": "security_megabytes", "Microsoft-IIS-Configuration/Operational": "configuration_megabytes"}
    keys = {"Security": SECURITY, "Microsoft-IIS-Configuration/Operational": CONFIGURATION}
    for name, size in sizes.items():
        key, wanted = host.protection.key(keys[name]), number_of(options, least[name])
        places = () if key is None else (key.locator,)
        subject = Subject("channel", name, (("megabytes", str(wanted)),))
        if size is None:
            message = f"how large {name} may grow is not known"
            yield unknown(message, [f"{keys[name]}, MaxSize"], *places, subjects=[subject])
        elif size < wanted * _MEGABYTE:
            message = f"{name} keeps {size / _MEGABYTE:.0f} MB, less than {wanted}"
            yield failed(message, *places, subjects=[subject])
        else:
            yield passed(f"{name} keeps {size / _MEGABYTE:.0f} MB", *places)


def _number(host: Host, path: str) -> int | None:
    key = host.protection.key(path)
    return None if key is None else key.number("MaxSize")
