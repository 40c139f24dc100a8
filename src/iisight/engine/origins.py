"""Who stands behind what was heard: the program that did it, those that started it, and the logon."""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from iisight.engine.listening import Heard
from iisight.engine.telling import who
from iisight.evidence import paths
from iisight.model.activity import Actor
from iisight.model.event import Event
from iisight.telemetry.seek import MAX_IDS, Logon, Process, Sought, logon_number, process_of

T = TypeVar("T")

MAX_CHAIN = 6  # programs of a chain
MAX_ALIKE = 32  # processes, or logons, of one id that are remembered where memory is bounded
SHORT = timedelta(minutes=5)  # how long a process id alone is taken for that of a process: ids are used again
LONG = timedelta(hours=12)  # the same, where the program's name agrees
NOBODY = frozenset({0, 0x3E4, 0x3E5, 0x3E7})  # logons of the system's own accounts

_GUID = re.compile(r"\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")
_FILLED = ("user", "logon", "process", "command", "guid", "parent", "parent_command", "parent_guid", "installer")
_KINDS = {
    2: "at the console",
    3: "over the network",
    4: "as a batch job",
    5: "as a service",
    7: "by unlocking",
    8: "over the network in clear text",
    9: "with other credentials",
    10: "by remote desktop",
    11: "with cached credentials",
}


def sought(heard: Iterable[Heard]) -> Sought:
    """Return what has to be looked up to say who did it: for what findings rest on first, at most MAX_IDS ids."""
    asked = Sought()
    for one in sorted(heard, key=lambda h: not h.findings):
        actor = one.activity.actor
        if actor.installer:
            continue
        is_creation = process_of(one.activity.event) is not None
        guid = (actor.parent_guid if is_creation else actor.guid).upper()
        number = logon_number(actor.logon)
        if _GUID.fullmatch(guid):
            asked.guids.add(guid)
        if number not in NOBODY and 0 < number < 1 << 64:
            asked.logons.add(number)
        if len(asked.guids) + len(asked.logons) >= MAX_IDS:
            break
    return asked


class Known:
    """Processes and logons that are known; with a bound, the oldest are forgotten for new ones."""

    def __init__(self, most: int | None = None, age: float = 0.0) -> None:
        """Begin with nothing; `most` bounds processes and logons each, `age` how many seconds each is kept."""
        self._most = most
        self._age = age
        self._by_guid: dict[str, Process] = {}
        self._by_pid: dict[tuple[str, int], list[Process]] = defaultdict(list)
        self._logons: dict[tuple[str, int], list[Logon]] = defaultdict(list)
        self._processes: deque[tuple[float, Process]] = deque()
        self._entries: deque[tuple[float, Logon]] = deque()

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._processes) + len(self._entries)

    def add(self, process: Process, now: float = 0.0) -> None:
        """Learn of a process; `now` is when, in seconds of a clock that is never set."""
        actor = process.actor
        if actor.guid:
            self._by_guid.setdefault(actor.guid.upper(), process)
        if actor.pid is not None:
            self._put(self._by_pid[process.computer, actor.pid], process)
        self._processes.append((now, process))
        while self._is_over(self._processes, now):
            self._forget(self._processes.popleft()[1])

    def add_logon(self, logon: Logon, now: float = 0.0) -> None:
        """Learn of a logon; `now` is when, in seconds of a clock that is never set."""
        self._put(self._logons[logon.computer, logon.id], logon)
        self._entries.append((now, logon))
        while self._is_over(self._entries, now):
            old = self._entries.popleft()[1]
            _drop(self._logons, (old.computer, old.id), old)

    def by_guid(self, guid: str) -> Process | None:
        """Return a process by Sysmon's GUID."""
        return self._by_guid.get(guid.upper())

    def started(self, computer: str, pid: int) -> Sequence[Process]:
        """Return the processes that had an id on a computer, in lower case."""
        return self._by_pid.get((computer, pid), ())

    def logons(self, computer: str, number: int) -> Sequence[Logon]:
        """Return the logons that had an id on a computer, in lower case."""
        return self._logons.get((computer, number), ())

    def _put(self, alike: list[T], one: T) -> None:
        alike.append(one)
        if self._most is not None and len(alike) > MAX_ALIKE:
            del alike[0]

    def _is_over(self, kept: deque[tuple[float, T]], now: float) -> bool:
        """Tell whether the first must go."""
        return self._most is not None and bool(kept) and (len(kept) > self._most or now - kept[0][0] > self._age)

    def _forget(self, old: Process) -> None:
        guid = old.actor.guid.upper()
        if self._by_guid.get(guid) is old:
            del self._by_guid[guid]
        if old.actor.pid is not None:
            _drop(self._by_pid, (old.computer, old.actor.pid), old)


def known_of(heard: Iterable[Heard], found: Sought) -> Known:
    """Return the processes that were heard of, and what was looked up."""
    known = Known()
    own = (p for h in heard if (p := process_of(h.activity.event)) is not None)
    for process in (*own, *found.processes):
        known.add(process)
    for logon in found.found_logons:
        known.add_logon(logon)
    return known


class Origins:
    """Processes and logons that are known, to be asked about what was heard."""

    def __init__(self, known: Known) -> None:
        """Ask what is known, now and later."""
        self._known = known

    def told(self, heard: Heard) -> Heard:
        """Return what was heard with all that is known of who did it."""
        event = heard.activity.event
        actor = self.completed(heard.activity.actor, event)
        line = who(actor, self.ancestors(actor))
        logon = self._logon(actor, event)
        said = ", ".join(part for part in (line, _said(logon)) if part)
        return replace(heard, activity=replace(heard.activity, actor=actor), who=said)

    def completed(self, actor: Actor, event: Event) -> Actor:
        """Return an actor with what the start of its process says besides."""
        process = None if process_of(event) is not None else self._process(actor, event)
        if process is None:
            return actor
        missing = {name: getattr(process.actor, name) for name in _FILLED if not getattr(actor, name)}
        return replace(actor, **missing)

    def ancestors(self, actor: Actor) -> tuple[str, ...]:
        """Return the programs above the actor's parent, the oldest first."""
        chain: list[str] = []
        seen: set[str] = set()
        guid = actor.parent_guid.upper()
        while guid not in seen and len(chain) < MAX_CHAIN and (found := self._known.by_guid(guid)) is not None:
            seen.add(guid)
            parent = found.actor
            if parent.parent:
                chain.append(parent.parent)
            guid = parent.parent_guid.upper()
        return tuple(reversed(chain))

    def _process(self, actor: Actor, event: Event) -> Process | None:
        if actor.guid:
            return self._known.by_guid(actor.guid)
        if actor.pid is None or event.time is None:
            return None
        named = paths.fold(actor.process) if actor.process else ""
        before = [p for p in self._started(event.computer.lower(), actor.pid, named) if _before(p, event, bool(named))]
        return max(before, key=lambda p: p.time.timestamp() if p.time else 0.0, default=None)

    def _started(self, computer: str, pid: int, named: str) -> Iterator[Process]:
        known = self._known.started(computer, pid)
        return (p for p in known if not named or paths.fold(p.actor.process) == named)

    def _logon(self, actor: Actor, event: Event) -> Logon | None:
        """Return the last logon of that id before the event: ids are given anew after a restart."""
        number = logon_number(actor.logon)
        known = self._known.logons(event.computer.lower(), number) if number not in NOBODY else ()
        before = [n for n in known if n.time is None or event.time is None or n.time <= event.time]
        return max(before, key=lambda n: n.time.timestamp() if n.time else 0.0, default=None)


def _drop(table: dict[tuple[str, int], list[T]], key: tuple[str, int], old: T) -> None:
    kept = [one for one in table.get(key, ()) if one is not old]
    if kept:
        table[key] = kept
    else:
        table.pop(key, None)


def _before(process: Process, event: Event, is_named: bool) -> bool:
    if process.time is None or event.time is None:
        return False
    return timedelta() <= event.time - process.time <= (LONG if is_named else SHORT)


def _said(logon: Logon | None) -> str:
    if logon is None:
        return ""
    kind = _KINDS.get(logon.kind or 0, "")
    address = f"from {logon.address}" if logon.address else ""
    time = f"at {logon.time:%Y-%m-%d %H:%M:%SZ}" if logon.time is not None else ""
    return " ".join(part for part in ("logged on", kind, address, time) if part)
