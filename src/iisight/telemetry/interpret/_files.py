"""Files that were written, deleted or given another time: what several sources say in the same words."""

from iisight.evidence import paths
from iisight.model.activity import FILES, Act, Action
from iisight.telemetry.interpret._actors import is_worker
from iisight.telemetry.interpret._places import Area, Watch, area_of, code_kind, fold, matters

_LOGS = (Area.LOGS, Area.EVENT_LOGS)


def written(path: str, process: str, watch: Watch, note: str = "") -> tuple[Action, ...]:
    """Return the writing of a file, when it can change what a server runs."""
    return _of(Act.WRITE, path, process, watch, note)


def retimed(path: str, process: str, watch: Watch, old: str, new: str) -> tuple[Action, ...]:
    """Return that a file was given another time."""
    return tuple(
        Action(Act.RETIME, FILES, a.subject, name=a.name, old=old, new=new)
        for a in _of(Act.RETIME, path, process, watch, "")
    )


def deleted(path: str, process: str, watch: Watch) -> tuple[Action, ...]:
    """Return the deleting of a file; of a log, that it was cleared."""
    area = area_of(path, watch, by_worker=is_worker(process))
    if area in _LOGS:
        is_log = paths.extension(path) in (".log", ".evtx", ".etl", ".xml")
        return (Action(Act.CLEAR, FILES, paths.normal(path), name=area.value),) if is_log else ()
    if area is Area.HISTORY:
        return (Action(Act.DELETE, FILES, paths.normal(path), name=area.value),) if _by_hand(process) else ()
    return _of(Act.DELETE, path, process, watch, "")


def _of(act: Act, path: str, process: str, watch: Watch, note: str) -> tuple[Action, ...]:
    area = area_of(path, watch, by_worker=is_worker(process) and bool(code_kind(path)))
    if area is None or not matters(path, area):
        return ()
    return (Action(act, FILES, paths.normal(path), name=area.value, note=note),)


def _by_hand(process: str) -> bool:
    """Tell whether it is not the Application Host Helper Service, which keeps ten snapshots and deletes the oldest."""
    return not fold(process).endswith("\\system32\\svchost.exe")
