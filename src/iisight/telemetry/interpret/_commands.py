"""What a process that was started does: by its command line, and by who started it."""

from functools import cache

from iisight.model.activity import Act, Action, Actor
from iisight.model.need import AnyOf, Need, any_of
from iisight.parsers import commands
from iisight.telemetry.interpret._actors import is_worker
from iisight.telemetry.interpret._places import fold
from iisight.telemetry.interpret._tables import rows

NEED: Need = AnyOf((commands.need(), any_of("w3wp", "IIS APPPOOL")))
_POOL = "iis apppool\\"


def started(actor: Actor, original: str = "") -> tuple[Action, ...]:
    """Return what a started process does; `original` is the OriginalFileName of its program."""
    done = commands.command_actions(actor.command, actor.process, original) if actor.command else ()
    note = _of_worker(actor)
    if not note:
        return done
    start = Action(Act.START, "process", actor.process, new=actor.command, note=note)
    return (start, *(action for action in done if action.act is not Act.START))


def _of_worker(actor: Actor) -> str:
    """Return how a process belongs to a worker process, when that is out of the ordinary; else nothing."""
    if _is_ordinary(actor.process) or is_worker(actor.process):
        return ""
    if is_worker(actor.parent):
        return "started by a worker process"
    return "runs as an application pool" if actor.user.lower().startswith(_POOL) else ""


@cache
def _children() -> tuple[tuple[str, str], ...]:
    return tuple((row["program"], row["folder"]) for row in rows("worker_children"))


def _is_ordinary(program: str) -> bool:
    folded = fold(program)
    name = folded.rpartition("\\")[2]
    return any(name == known and folder in folded for known, folder in _children())
