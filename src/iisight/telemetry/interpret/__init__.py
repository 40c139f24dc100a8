"""What an event means: who did what to the server, whoever logged it.

One file for each source, found by walking the package. A source has `READS`, the (provider or channel, event id) pairs
it reads, in lower case; `NEED`, what stands as text in every record from which it makes an action; and
`read(event, watch)`, which returns the actor and the actions. Files whose names start with `_` are no sources.
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from iisight.model.activity import Action, Activity, Actor
from iisight.model.event import Event
from iisight.model.need import AnyOf, Need
from iisight.telemetry.interpret._joiner import ScriptJoiner
from iisight.telemetry.interpret._places import NOTHING, Area, Watch, area_of, code_kind, fold

Told = tuple[Actor, tuple[Action, ...]]
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of event and how it is read."""

    name: str
    reads: frozenset[Key]
    need: Need
    read: Callable[[Event, Watch], Told]


@cache
def sources() -> tuple[Source, ...]:
    """Return every source, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    modules = [(name, import_module(f"{__name__}.{name}")) for name in names]
    return tuple(Source(name, m.READS, m.NEED, m.read) for name, m in modules)


@cache
def _by_key() -> dict[Key, Source]:
    return {key: source for source in sources() for key in source.reads}


def source_of(event: Event) -> Source | None:
    """Return the source that reads an event: by its provider, else by its channel."""
    table = _by_key()
    return table.get((event.provider.lower(), event.id)) or table.get((event.channel.lower(), event.id))


def activity_of(event: Event, watch: Watch = NOTHING) -> Activity | None:
    """Return what an event means; None when it says nothing of a web server."""
    source = source_of(event)
    if source is None:
        return None
    actor, actions = source.read(event, watch)
    return Activity(event, actor, actions) if actions else None


def need(watch: Watch = NOTHING) -> Need:
    """Return what must stand in a piece of a log for any source to make an action of it."""
    return AnyOf((*(source.need for source in sources()), watch.need()))


__all__ = [
    "NOTHING",
    "Area",
    "ScriptJoiner",
    "Source",
    "Watch",
    "activity_of",
    "area_of",
    "code_kind",
    "fold",
    "need",
    "source_of",
    "sources",
]
