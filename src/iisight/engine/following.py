"""What followed a load: the processes that the same worker process started, told in the component's story as well.

It is the story alone: who of those loaded by one worker started a process is not known, so no finding moves.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from iisight.engine.listening import Heard
from iisight.model.activity import Act

MAX_COMPONENTS = 8  # loaded by one worker, beyond which a child tells nothing of any of them


def followed(heard: Sequence[Heard]) -> tuple[Heard, ...]:
    """Return what was heard, children of workers joined to the components those had loaded before."""
    loaded: dict[str, dict[str, datetime | None]] = defaultdict(dict)
    for one in heard:
        if any(action.act is Act.LOAD for action in one.activity.actions) and one.activity.actor.guid:
            of_worker = loaded[one.activity.actor.guid.upper()]
            for component in one.components:
                of_worker.setdefault(component, one.activity.event.time)
    return tuple(_joined(heard, loaded)) if loaded else tuple(heard)


def _joined(heard: Iterable[Heard], loaded: dict[str, dict[str, datetime | None]]) -> Iterator[Heard]:
    for one in heard:
        known = loaded.get(one.activity.actor.parent_guid.upper(), {})
        starts = any(action.act is Act.START for action in one.activity.actions)
        if not starts or not 0 < len(known) <= MAX_COMPONENTS:
            yield one
            continue
        before = (c for c, time in known.items() if _is_before(time, one.activity.event.time))
        yield replace(one, components=tuple(dict.fromkeys((*one.components, *before))))


def _is_before(loaded: datetime | None, started: datetime | None) -> bool:
    return loaded is None or started is None or loaded <= started
