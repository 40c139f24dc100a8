"""IIS908: the configuration can be changed over the network by DCOM (AHAdmin), without the Web Management Service."""

from collections.abc import Iterable, Iterator

from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.posture import Input, Point, Subject
from iisight.model.registry import Key
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, passed, unknown

INFO = check_info(
    "IIS908",
    "Configuration interface that is reached over the network by DCOM",
    Severity.LOW,
    "M1026",
    "Let no firewall rule admit RPC to dllhost.exe or to every program, or switch DCOM off",
    Input.SYSTEM,
    Input.SOFTWARE,
)
OLE = r"HKLM\SOFTWARE\Microsoft\Ole"
LOCAL = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall"
_PROFILES = ("DomainProfile", "StandardProfile", "PublicProfile")
_MAX_RULES = 20_000
_TCP = frozenset({"", "6", "256"})  # 256: any protocol


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield whether DCOM is off, or else whether the firewall of the server keeps it out."""
    ole = host.protection.key(OLE)
    if not host.protection.holds(OLE):
        yield unknown("whether DCOM is on is not known", ["registry hive SOFTWARE"])
        return
    if ole is not None and ole.text("EnableDCOM").upper() == "N":
        yield passed("DCOM is off", ole.locator)
        return
    off = [name for name in _PROFILES if _enabled(host, name) == 0]
    untold = [name for name in _PROFILES if _enabled(host, name) is None]
    open_rules = list(_open(host))
    subjects = [Subject("firewall-rule", name) for name, _ in open_rules]
    if off:
        message = f"DCOM is on and the firewall is off for {named(off)}"
        yield failed(message, subjects=[Subject("firewall-profile", name) for name in off])
    if open_rules:
        message = f"DCOM is on and the firewall admits it: {named((name for name, _ in open_rules), 3)}"
        yield failed(message, *(place for _, place in open_rules), subjects=subjects)
    if untold or host.protection.key(f"{LOCAL}\\FirewallRules") is None:
        missing = [f"{LOCAL}: profiles and rules"]
        yield unknown("DCOM is on; what the firewall admits is not known", missing)
    elif not off and not open_rules:
        yield passed("DCOM is on, and the firewall of the server admits none of it")


def _enabled(host: Host, profile: str) -> int | None:
    """Return EnableFirewall of a profile: that of the policy counts before the local one."""
    for folder in (POLICY, LOCAL):
        key = host.protection.key(f"{folder}\\{profile}")
        number = None if key is None else key.number("EnableFirewall")
        if number is not None:
            return number
    return None


def _open(host: Host) -> Iterator[tuple[str, Locator]]:
    """Yield the active rules that admit RPC to dllhost.exe, in which COM runs it, or to every program."""
    for folder in (LOCAL, POLICY):
        key = host.protection.key(f"{folder}\\FirewallRules")
        yield from () if key is None else _of_key(key)


def _of_key(key: Key) -> Iterator[tuple[str, Locator]]:
    for value in key.values[:_MAX_RULES]:
        parts = [part.partition("=") for part in str(value.data).split("|")]
        said = {name.lower(): text for name, _, text in parts}
        if (said.get("action"), said.get("dir"), said.get("active")) != ("Allow", "In", "TRUE"):
            continue
        program, port = said.get("app", "").lower(), said.get("lport", "").upper()
        to_all = not program and "svc" not in said and "pfn" not in said
        meant = program.endswith("\\dllhost.exe") or to_all
        if meant and said.get("protocol", "") in _TCP and port in {"", "RPC"}:
            yield said.get("name") or value.name, value.locator
