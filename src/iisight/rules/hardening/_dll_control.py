"""What decides which DLLs a worker process may load: AppLocker's rules, and App Control for Business (WDAC)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from iisight.model.locator import Locator
from iisight.model.protection import DllRules, Enforcement, LockerRule
from iisight.rules.hardening._host import Host

SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\AppIDSvc"
DEVICE_GUARD = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard"
EXPORT = "AppLocker's policy: registry hive SOFTWARE, or Get-AppLockerPolicy -Effective -Xml > applocker.xml"
FOLDER = r"the files of C:\Windows\System32\CodeIntegrity"
IN_WORKER = (
    "whether AppLocker covers worker processes: its Services extension, or events 8002 to 8004 of DLLs in w3wp.exe"
)
_AUTOMATIC, _DISABLED = 2, 4
_EVERYWHERE = frozenset({"*", "*.*", "%osdrive%\\*", "*.dll", "c:\\*"})


class State(StrEnum):
    """Whether something stands between a worker process and a DLL."""

    OFF = "off"
    UNKNOWN = "unknown"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Control:
    """What one of the two mechanisms does."""

    state: State
    message: str
    missing: tuple[str, ...] = ()
    places: tuple[Locator, ...] = ()


def app_locker(host: Host) -> Control:
    """Return what AppLocker does to DLLs of worker processes."""
    protection = host.protection
    rules = protection.dll_rules
    if rules is None and not protection.no_dll_rules:
        return Control(State.UNKNOWN, "AppLocker's policy is not known", (EXPORT,))
    if rules is None or rules.enforcement is Enforcement.OFF:
        return Control(State.OFF, "AppLocker has no rules for DLLs")
    if rules.enforcement is Enforcement.AUDITED:
        return Control(State.OFF, "AppLocker audits DLLs and blocks none", (), (rules.locator,))
    return _enforced(host, rules)


def app_control(host: Host) -> Control:
    """Return what App Control does: its policies are binary, and what they allow is not read."""
    policies, key = host.protection.code_integrity, host.protection.key(DEVICE_GUARD)
    if policies or (key is not None and key.number("DeployConfigCIPolicy")):
        message = "there is an App Control policy; what it allows is not read"
        missing = "the App Control policy as XML, or CodeIntegrity events 3076 and 3077 that name w3wp.exe"
        return Control(State.UNKNOWN, message, (missing,), tuple(policies or ()))
    if policies is None:
        return Control(State.UNKNOWN, "whether there is an App Control policy is not known", (FOLDER,))
    return Control(State.OFF, "there is no App Control policy")


def allowing(rules: DllRules) -> Iterator[LockerRule]:
    """Yield the rules that let DLLs through."""
    return (rule for rule in rules.rules if rule.action.lower() == "allow")


def _enforced(host: Host, rules: DllRules) -> Control:
    places = (rules.locator,)
    service = host.protection.key(SERVICE)
    start = None if service is None else service.number("Start")
    if start == _DISABLED:
        return Control(State.OFF, "AppLocker has rules for DLLs, and its service AppIDSvc is disabled", (), places)
    open_rule = next((r for r in allowing(rules) if r.condition.strip().lower() in _EVERYWHERE), None)
    if open_rule is not None and not open_rule.has_exceptions and _is_everybody(open_rule.sid):
        return Control(State.OFF, f"AppLocker's rules allow every DLL: {open_rule.condition}", (), places)
    missing = (
        *(() if start == _AUTOMATIC else ("whether AppIDSvc runs: sc.exe query AppIDSvc",)),
        *(() if rules.services else (IN_WORKER,)),
        *((f"{rules.lost} rules of AppLocker that cannot be read",) if rules.lost else ()),
    )
    if missing:
        return Control(State.UNKNOWN, "AppLocker enforces rules for DLLs", missing, places)
    return Control(State.ON, "AppLocker enforces rules for DLLs, for services too", (), places)


def _is_everybody(sid: str) -> bool:
    return sid.upper() in {"S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-32-568"}
