"""Script blocks that PowerShell logs in pieces, joined again before they are understood.

Pieces may stand in several chunks, and those be read by several processes: so they travel as they are to the one place
where everything comes together.
"""

from collections.abc import Callable, Iterable, Iterator

from iisight.model.activity import Activity
from iisight.model.event import Event
from iisight.parsers import commands
from iisight.telemetry.interpret import ScriptJoiner

SCRIPT_BLOCK = 4104


def is_piece(event: Event) -> bool:
    """Tell whether an event holds a script block in part (PowerShell 4104 with MessageTotal above 1)."""
    return (
        event.id == SCRIPT_BLOCK
        and event.get("MessageTotal") not in ("", "0", "1")
        and bool(event.get("ScriptBlockId"))
    )


def unread(event: Event) -> str:
    """Return why a script block is not understood as a whole, empty when it is."""
    if event.id != SCRIPT_BLOCK or not commands.is_cut(event.get("ScriptBlockText")):
        return ""
    return "a script longer than what is read of one: what stands at its end was not understood"


def joined(activities: Iterable[Activity], understand: Callable[[Event], Activity | None]) -> Iterator[Activity]:
    """Yield activities; pieces of scripts are taken out, and what the whole script does is put in their place."""
    joiner = ScriptJoiner()
    for activity in activities:
        if is_piece(activity.event):
            yield from _understood(joiner.add(activity.event), understand)
        else:
            yield activity
    yield from _understood(joiner.finish(), understand)


def _understood(events: Iterable[Event], understand: Callable[[Event], Activity | None]) -> Iterator[Activity]:
    yield from (activity for event in events if (activity := understand(event)) is not None)
