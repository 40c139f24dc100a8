"""Security 4656, 4663, 4670, 4657, 5145: what was done to files, keys and shares that are audited.

4660 names no object, only the handle of a 4656 or 4663 that says the same with its name; it is not read. Reading is
nothing. Access rights: Windows SDK, `winnt.h`; `%%…` are their numbers in the messages of the Security log.
"""

import re

from iisight.evidence import paths
from iisight.model.activity import ASKED, FILES, SHARE, Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import AllOf, AnyOf, any_of, literal
from iisight.telemetry.interpret import _files, _places, _registry
from iisight.telemetry.interpret._actors import audited
from iisight.telemetry.interpret._fields import number, text
from iisight.telemetry.interpret._places import Area, Watch, area_of, matters

READS = frozenset(("microsoft-windows-security-auditing", i) for i in (4656, 4657, 4663, 4670, 5145))
SHARED = ("applicationhost.config", "administration.config")  # shared configuration lies on any share
NEED = AllOf(
    (literal("Security-Auditing"), AnyOf((_places.NEED, _registry.NEED, any_of(*SHARED)))),
)

_WRITE, _DELETE, _PERMIT = 0x2 | 0x4, 0x10000, 0x40000 | 0x80000
_LISTED = {"%%4417": 0x2, "%%4418": 0x4, "%%1537": _DELETE, "%%1539": 0x40000, "%%1540": 0x80000}
_CODE = re.compile(r"%%\d{1,8}")


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what was done to an object."""
    actor = audited(event)
    if event.id == 4657:
        key = f"{text(event, 'ObjectName')}\\{text(event, 'ObjectValueName')}"
        return actor, _registry.value_set(key, text(event, "NewValue"), watch, text(event, "OldValue"))
    if event.id == 5145:
        return actor, _shared(event, watch)
    if text(event, "ObjectType").lower() != "file":
        return actor, ()
    path = text(event, "ObjectName")
    if event.id == 4670:
        return actor, _permitted(path, watch, text(event, "OldSd"), text(event, "NewSd"))
    return actor, _accessed(event, path, actor.process, watch)


def _accessed(event: Event, path: str, process: str, watch: Watch) -> tuple[Action, ...]:
    rights = _rights(event)
    note = ASKED if event.id == 4656 else ""
    if rights & _WRITE:
        return _files.written(path, process, watch, note)
    if event.id == 4656:
        return ()  # asking for DELETE or WRITE_DAC does not say that it was used; 4663 does
    if rights & _DELETE:
        return _files.deleted(path, process, watch)
    return _permitted(path, watch) if rights & _PERMIT else ()


def _rights(event: Event) -> int:
    mask = number(text(event, "AccessMask"))
    if mask:
        return mask
    rights = 0
    for code in _CODE.findall(text(event, "AccessList")[:4096]):
        rights |= _LISTED.get(code, 0)
    return rights


def _permitted(path: str, watch: Watch, old: str = "", new: str = "") -> tuple[Action, ...]:
    area = area_of(path, watch)
    if area is None or area in (Area.LOGS, Area.TEMPORARY, Area.HISTORY):
        return ()
    note = "permissions were changed"
    return (Action(Act.CONFIGURE, FILES, paths.normal(path), name=area.value, old=old, new=new, note=note),)


def _shared(event: Event, watch: Watch) -> tuple[Action, ...]:
    """Return a write through a share. Fields: audit detailed file share documentation."""
    if not (number(text(event, "AccessMask")) or 0) & _WRITE:
        return ()
    folder, name = text(event, "ShareLocalPath"), text(event, "RelativeTargetName")
    path = paths.join(folder or text(event, "ShareName").replace("\\\\*\\", "\\\\localhost\\"), name)
    area = area_of(path, watch)
    if area is None and paths.lower(paths.basename(path)) in SHARED:
        area = Area.CONFIGURATION
    if area is None or not matters(path, area):
        return ()
    note = f"through {text(event, 'ShareName')} from {text(event, 'IpAddress')}"
    return (Action(Act.WRITE, SHARE, paths.normal(path), name=area.value, note=note),)
