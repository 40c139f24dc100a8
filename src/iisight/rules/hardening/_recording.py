"""Is an event recorded on this server? By its channel, by the audit policy, by the switches of PowerShell."""

from collections.abc import Iterator
from dataclasses import dataclass

from iisight.model.posture import Point, Subject, Told
from iisight.model.protection import Subcategory
from iisight.model.server_registry import Switch
from iisight.rules.hardening._audited import unrecorded
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import failed, passed, unknown
from iisight.tables import Row, rows

Source = tuple[str, int]
"""A channel and an event id."""

_AUDITED = {
    "process creation": Subcategory.PROCESS_CREATION,
    "file system": Subcategory.FILE_SYSTEM,
    "registry": Subcategory.REGISTRY,
    "detailed file share": Subcategory.FILE_SHARE,
}
EXPORT_OF_POLICY = "the audit policy (auditpol /get /category:* /r > auditpol.csv)"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Whether an event is recorded, and why not."""

    told: Told
    reason: str = ""


def recorded(host: Host, source: Source) -> Recorded:
    """Return whether this server records an event of a channel."""
    channel, number = source
    row = _row_of(channel, number)
    if row is None:
        return Recorded(Told.UNKNOWN, f"what {channel} {number} needs is not known")
    if row["needs"] == "always":
        return Recorded(Told.YES)
    if row["needs"] == "channel":
        return by_channel(host, channel)
    if row["needs"] == "policy":
        return by_switch(host, row["detail"])
    found = by_audit(host, _AUDITED[row["detail"]], row["detail"])
    return _with_sacl(host, row["detail"]) if found.told is Told.YES else found


def _with_sacl(host: Host, name: str) -> Recorded:
    """Return whether the object that matters most of a kind has a SACL: without one the policy has no effect."""
    server = host.server
    path = "" if server is None else server.config_folder
    if name not in {"file system", "registry"}:
        return Recorded(Told.YES)
    place = path if name == "file system" else r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC"
    acl = host.protection.acls.of(place) if place else None
    if acl is None or acl.audits is None:
        return Recorded(Told.UNKNOWN, f"whether changes of {place or 'the configuration'} are recorded: its SACL")
    lost = unrecorded(acl, inside=name == "file system")
    return Recorded(Told.NO, f"the SACL of {place} does not record {', '.join(lost)}") if lost else Recorded(Told.YES)


def by_channel(host: Host, channel: str) -> Recorded:
    """Return whether a channel is on; one of a program that the registry does not know is not there."""
    registry = host.inventory.registry
    if registry is None or not host.protection.holds(r"HKLM\SOFTWARE\x"):
        return Recorded(Told.UNKNOWN, f"whether {channel} is on: registry hive SOFTWARE")
    switch = registry.channel(channel)
    if switch is None:
        return Recorded(Told.NO, f"{channel} is not there")
    if switch.is_on is None:
        return Recorded(Told.UNKNOWN, f"whether {channel} is on: wevtutil gl {channel}")
    return Recorded(Told.YES) if switch.is_on else Recorded(Told.NO, f"{channel} is off")


def by_switch(host: Host, name: str) -> Recorded:
    """Return whether a policy is switched on; one that is not set is off."""
    if not host.protection.holds(r"HKLM\SOFTWARE\x"):
        return Recorded(Told.UNKNOWN, f"whether {name} is on: registry hive SOFTWARE")
    switch = policy(host, name)
    if switch is not None and switch.is_on:
        return Recorded(Told.YES)
    return Recorded(Told.NO, f"{name} is off")


def by_audit(host: Host, subcategory: Subcategory, name: str) -> Recorded:
    """Return whether a subcategory of the audit policy records success."""
    policy_in_force = host.protection.audit
    setting = None if policy_in_force is None else policy_in_force.of(subcategory)
    if setting is None or setting.success is None:
        return Recorded(Told.UNKNOWN, f"whether {name} is audited: {EXPORT_OF_POLICY}")
    return Recorded(Told.YES) if setting.success else Recorded(Told.NO, f"{name} is not audited")


def policy_points(host: Host, subcategory: Subcategory, name: str) -> Iterator[Point]:
    """Yield whether the objects of a subcategory are audited at all: without it their SACLs record nothing."""
    found = by_audit(host, subcategory, name)
    if found.told is Told.NO:
        subject = Subject("audit", subcategory.value)
        yield failed(f"the {name} is not audited: SACLs have no effect", subjects=[subject])
    elif found.told is Told.UNKNOWN:
        yield unknown(f"whether the {name} is audited is not known", [found.reason])
    else:
        yield passed(f"the {name} is audited")


def policy(host: Host, name: str) -> Switch | None:
    """Return a switch of the registry by name."""
    registry = host.inventory.registry
    return None if registry is None else next((p for p in registry.policies if p.name == name), None)


def _row_of(channel: str, number: int) -> Row | None:
    found = [r for r in rows("iisight.rules.hardening", "recording") if r["channel"].lower() == channel.lower()]
    exact = next((r for r in found if r["id"] == str(number)), None)
    return exact or next((r for r in found if r["id"] == "*"), None)
