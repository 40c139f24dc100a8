"""Code Integrity 3076 and 3077, AppLocker 8002 to 8004: code that a policy would not have, or let load.

3089 names signers and no file; it belongs to the event before it and is not read. Field names: Windows documentation
of WDAC and AppLocker events; those of AppLocker stand in UserData.
"""

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import any_of
from iisight.telemetry.interpret._actors import is_worker
from iisight.telemetry.interpret._fields import number, text
from iisight.telemetry.interpret._places import Area, Watch, area_of

READS = frozenset(
    {("microsoft-windows-codeintegrity", i) for i in (3076, 3077)}
    | {("microsoft-windows-applocker", i) for i in (8002, 8003, 8004)}
)
NEED = any_of("CodeIntegrity", "AppLocker")

_LET = (Area.WATCHED, Area.BIN, Area.CONTENT, Area.TEMPORARY, Area.APP_CODE, Area.HISTORY, Area.LOGS)
_VARIABLES = {
    "SYSTEM32": r"C:\Windows\System32",
    "WINDIR": r"C:\Windows",
    "OSDRIVE": "C:",
    "PROGRAMFILES": r"C:\Program Files",
}


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return the file that a policy judged."""
    return _integrity(event, watch) if event.id in (3076, 3077) else _applocker(event, watch)


def _integrity(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    actor = Actor(sid=event.user, process=text(event, "Process Name", 4), pid=event.process)
    path = text(event, "File Name", 2)
    area = area_of(path, watch, by_worker=is_worker(actor.process))
    if area is None:
        return actor, ()
    note = "blocked" if event.id == 3077 else "would be blocked"
    name = text(event, "PolicyName")
    return actor, (Action(Act.DETECT, "Code Integrity", paths.normal(path), name=name, new=area.value, note=note),)


def _applocker(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    actor = Actor(sid=text(event, "TargetUser"), pid=number(text(event, "TargetProcessId")))
    path = text(event, "FullFilePath") or paths.expand(text(event, "FilePath"), _VARIABLES)
    area, path = area_of(path, watch), paths.normal(path)
    if area is None:
        return actor, ()
    if event.id == 8002:
        loads = area in _LET and paths.extension(path) == ".dll"
        action = Action(Act.LOAD, "AppLocker", path, name=area.value, code=path, note="allowed")
        return actor, (action,) if loads else ()
    note = "blocked" if event.id == 8004 else "would be blocked"
    name = text(event, "RuleName")
    return actor, (Action(Act.DETECT, "AppLocker", path, name=name, new=area.value, note=note),)
