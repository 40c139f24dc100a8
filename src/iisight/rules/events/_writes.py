"""Files that an event says were written: which, by what, and the sentence for it."""

from collections.abc import Iterator

from iisight.model.activity import ASKED, FILES, SHARE, Act, Action, Activity, Actor
from iisight.rules._events import actions, by_whom


def writes(activity: Activity) -> Iterator[Action]:
    """Yield the files that were written: not those of which only a handle was asked for."""
    return (action for action in actions(activity, Act.WRITE) if action.note != ASKED)


def is_by_command(action: Action) -> bool:
    """Tell whether a command or a script names the file, and not the file system or a share."""
    return action.tool not in (FILES, SHARE)


def written(action: Action, actor: Actor) -> str:
    """Return what was written, from where, by whom and how."""
    source = f" {action.note}" if action.note.startswith(("from ", "through ")) else ""
    how = f" ({action.tool})" if action.tool != FILES else ""
    return f"{action.subject} was written{source}{by_whom(actor)}{how}"
