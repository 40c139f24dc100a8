"""The watch: what is noticed is looked at where it happened, told, and looked at as a whole once it is quiet."""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from iisight.engine.registry import Rule
from iisight.evidence.folder import is_link, is_odd
from iisight.evidence.source import File, Source
from iisight.inventory.machine import Machine
from iisight.model.errors import UsageError
from iisight.model.finding import Severity
from iisight.watch import state
from iisight.watch.courier import SinkHealth
from iisight.watch.database import UnusableError, named
from iisight.watch.foremost import in_turn
from iisight.watch.health import Health, alert_of, line
from iisight.watch.listening import Listening, keep_positions
from iisight.watch.memory import Remembered
from iisight.watch.narrow import Means, Narrow
from iisight.watch.notice import Batch, Note, NoteKind, Root, Settling
from iisight.watch.queue import own_alert
from iisight.watch.running import Running
from iisight.watch.said import Said
from iisight.watch.sources import Watched
from iisight.watch.survey import Plan, Surveyed
from iisight.watch.surveying import Surveying
from iisight.watch.teller import Teller
from iisight.watch.telling import Draft, Frame, dated, drafts, overtaken
from iisight.watch.told import ALONE, settle
from iisight.watch.torn import is_torn
from iisight.watch.warm import Warm, warmed

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

Plans = Callable[[], tuple[Plan, tuple[Rule, ...]]]
"""Reads settings and rules anew. Raises UsageError."""

Write = Callable[[sqlite3.Connection], None]
"""Writes into the state, in the transaction of what is told."""

HEALTH_SECONDS = 3_600.0
_POLL_SECONDS = 0.25  # between two looks at event feeds
_RETRY_SECONDS = 5.0  # between two tries to write on a full disk
_LONGEST_WAIT = 1.0  # seconds; a stop is not waited for longer, should nobody wake the loop
_WELL = (NoteKind.BACK,)


class Noticing(Protocol):
    """What notices changes of files."""

    def roots(self, new: Iterable[Root]) -> None:
        """Notice changes below these and no other from now on."""

    def wait(self, seconds: float) -> Batch:
        """Return the next burst, or an empty batch when the time is over or after `wake`. Raises NoticeError."""


class Sending(Protocol):
    """What brings alerts to sinks."""

    def health(self) -> tuple[SinkHealth, ...]:
        """Return how it goes with each sink."""


@dataclass(frozen=True, slots=True)
class World:
    """What the loop takes from the world, so that tests give their own."""

    clock: Callable[[], float]  # seconds, never set back
    now: Callable[[], datetime]  # aware, UTC


@dataclass(frozen=True, slots=True)
class Kit:
    """What a watch is made of."""

    watched: Watched
    notices: Noticing
    sending: Sending
    teller: Teller
    surveying: Surveying
    listening: Listening
    world: World
    least: Severity = Severity.LOW  # alerts that weigh less are not told


class Loop:
    """One watch. Everything here is done by one thread; what others ask of it stands in `Running`."""

    def __init__(self, kit: Kit, plan: Plan, rules: Sequence[Rule], memory: Callable[[], Remembered]) -> None:
        """Start nothing yet; `memory` gives what the state has by then."""
        self._kit, self._plan, self._rules = kit, plan, tuple(rules)
        self._memory_of = memory
        self._memory: Remembered | None = None
        self._look_with: Warm | None = None
        self._narrow: Narrow | None = None
        self._settling = Settling(kit.world.clock, is_torn=self._is_torn)
        self._surveyed: Surveyed | None = None
        self._looked: datetime | None = None
        self._since = kit.world.now()
        self._unwatched: dict[Path, str] = {}
        self._trouble = ""
        self._unread = ""  # why settings and rules of before are in force
        self._health_due = self._retry_due = 0.0
        self._was_well = True
        self._said_ready = False
        self._updating = False  # an update of Windows was told since everything was looked at
        self._machine = Machine()
        self._roots: tuple[Root, ...] = ()
        self._said = Said(kit.world.clock)

    def run(self, running: Running, plans: Plans) -> None:
        """Watch until it is to stop; what is calm by then is told first. Raises UnusableError, NoticeError."""
        try:
            while not running.stop.is_set():
                self.step(self._wait())
                self._serve(running, plans)
            self.step(0.0)
            turn = self._kit.teller.next_turn()
            self._tell(self._kit.listening.finish(self._frame(turn)), turn)
        finally:
            self._kit.surveying.stop()
            self._cool()

    def _serve(self, running: Running, plans: Plans) -> None:
        """Tell whoever started the watch how it is, and do what he asks for."""
        running.manager.alive()
        if self._surveyed is not None and not self._said_ready:
            self._said_ready = True
            running.manager.ready(line(self.health()))
        if running.reload.is_set():
            running.reload.clear()
            running.manager.reloading()
            self._reload(plans)
            running.manager.ready(line(self.health()))

    def step(self, seconds: float) -> None:
        """Wait so long for something to happen, and deal with it."""
        batch = self._kit.notices.wait(seconds)
        self._note(batch.notes)
        touched = batch.paths | batch.whole
        if touched:
            self._hold(touched)
        settled = self._settling.release()
        if settled.calm or settled.restless:
            self._look(settled.calm | settled.restless)
        self._listen()
        self._recover()
        self._survey()
        self._tell_health()

    def _reload(self, plans: Plans) -> None:
        """Go on with settings and rules as they are now; what they find is told by the next look at everything."""
        try:
            self._plan, self._rules = plans()
        except UsageError as error:
            self._unread = f"the settings and rules before stay in force: {error}"
            self.say("settings", self._unread)
            return
        if self._unread:
            self._unread = ""
            self.say("settings", "settings and rules can be read again, and are in force as they are now", Severity.LOW)
        self._kit.surveying.changed(only_all_tells=True)
        if self._narrow is not None and self._surveyed is not None:
            self._narrow = self._narrowed(self._narrow.source, self._surveyed)

    def _wait(self) -> float:
        """Return how long nothing has to be done unless something is noticed."""
        listening = self._kit.listening
        if listening.has_more:
            return 0.0
        held = self._settling.wait()
        longest = _POLL_SECONDS if listening.feeds else _LONGEST_WAIT
        return max(min(self._kit.surveying.wait(), longest if held is None else min(held, longest)), 0.001)

    # Events

    def _listen(self) -> None:
        """Tell what event logs tell, and keep where they were read up to, both or neither."""
        listening, teller = self._kit.listening, self._kit.teller
        if not listening.feeds:
            return
        turn = teller.turn + 1
        made = listening.hear(self._frame(turn))
        for gap in self._said.take(listening.gaps()):
            self.say(gap.subject, f"{gap.subject}: {gap.reason}" + (f" (x{gap.count:,})" if gap.count > 1 else ""))
        positions = listening.positions()
        if (made or positions) and self._tell(made, teller.next_turn(), lambda c: keep_positions(c, positions)):
            listening.stored(positions)

    # Changes of files

    def _hold(self, touched: frozenset[Path]) -> None:
        """Hold files back while they may still be written, and look meanwhile at what was there before."""
        self._settling.hold(touched)
        narrow = self._narrow
        if narrow is not None:
            self._try(lambda: narrow.prepare(self._kit.watched.look_again(narrow.source, touched)))

    def _is_torn(self, path: Path) -> bool:
        """Tell whether a file is configuration without its end."""
        narrow = self._narrow
        if narrow is None or path.suffix.lower() != ".config":
            return False
        found = self._try(lambda: self._kit.watched.look_again(narrow.source, (path,))) or {}
        source = narrow.source.changed(found)
        return any(is_torn(source, file) for file in found.values() if file is not None)

    def _look(self, touched: frozenset[Path]) -> None:
        """Look at changed files where they are, and tell what that did."""
        for path in sorted(touched - {root.path for root in self._roots}):
            if is_link(path):
                self.say(f"link {path}", f"{path} is a link: what it leads to is not looked at")
        narrow, memory = self._narrow, self._memory
        if narrow is None or memory is None:
            self._kit.surveying.changed(only_all_tells=True)
            return
        changed = self._try(lambda: self._kit.watched.look_again(narrow.source, touched))
        if not changed:  # a folder alone, a name that only a look at everything reads, or nothing that can be looked at
            self._kit.surveying.changed(only_all_tells=changed is None or any(map(is_odd, touched)))
            return
        for part in in_turn(changed):
            self._turn(part, narrow, memory)

    def _turn(self, changed: dict[str, File | None], narrow: Narrow, memory: Remembered) -> None:
        """Tell what changed files did."""
        turned = self._try(lambda: narrow.turn(changed))
        self._kit.surveying.changed(only_all_tells=turned is None or turned.is_doubtful)
        made: list[Draft] = []
        turn = self._kit.teller.next_turn()
        if turned is not None:
            reports, frame = (turned.old, turned.new), self._frame(turn)
            compared = drafts(turned.comparison, *reports, frame, turned.programs, coverage=False)
            timed = [dated(draft, changed) for draft in self._but_for_an_update(compared)]
            made = [self._kit.listening.with_who(draft) for draft in timed]
        if self._tell(made, turn, lambda _: memory.flush()):
            memory.flushed()

    def _but_for_an_update(self, made: Iterable[Draft]) -> Iterator[Draft]:
        """Yield alerts; of an update of Windows the first, for the next look at everything tells the rest as one."""
        for draft in made:
            if draft.is_update and self._updating:
                self._kit.surveying.changed(only_all_tells=True)
            else:
                self._updating = self._updating or draft.is_update
                yield draft

    # Looks at everything

    def _survey(self) -> None:
        surveying, teller = self._kit.surveying, self._kit.teller
        found = surveying.take()
        if found is not None:
            self._take(found)
        plan = replace(self._plan, owed=teller.owed)
        if not surveying.is_running and surveying.begin(plan, teller.turn + 1, self._kit.world.now()):
            teller.since = teller.next_turn()
            if self._memory is not None:
                self._memory.overtaken()

    def _take(self, found: Surveyed) -> None:
        """Tell what a look at everything found, and go on from there."""
        teller = self._kit.teller
        teller.since = found.turn if found.problem else ALONE
        if found.problem:
            self._trouble = f"everything could not be looked at: {found.problem}"
            self._tell((), found.turn, settle)
            teller.since = 0
            return
        self._trouble = found.unwritten
        newer, now = teller.told_after(found.turn), self._kit.world.now()
        made = [self._kit.listening.with_who(overtaken(draft, newer)) for draft in found.drafts]
        made = [replace(draft, alert=replace(draft.alert, time=now)) for draft in made]  # a look takes its time
        self._tell(made, found.turn, lambda c: self._take_over(c, found))
        teller.since = 0
        self._surveyed, self._looked, self._updating = found, self._kit.world.now(), False
        self._roots = tuple(self._kit.watched.roots(found.belonging))
        self._kit.notices.roots(self._roots)
        self._kit.listening.matters(found.names, found.roots)
        self._try(lambda: self._go_on(found))

    @staticmethod
    def _take_over(connection: sqlite3.Connection, found: Surveyed) -> None:
        """Compare with the new report from now on, unless it lacks what the one before could read."""
        if found.replaces:
            state.advance(connection, found.generation, found.turn, found.seen)
        settle(connection)

    def _go_on(self, found: Surveyed) -> None:
        """Look at changes from now on with what a look at everything found out."""
        is_moved = self._narrow is not None and self._narrow.source.roots != found.mapped  # a new drive, say
        if self._narrow is None or self._memory is None or is_moved:
            host = self._kit.watched.open()
            self._machine = replace(host.machine, processes=None, gaps=())  # those are of one moment
            self._narrow = self._narrowed(host.source, found)
            self._health_due = 0.0
        else:
            self._memory.renew()
            self._narrow.settle(found.outline)

    def _try(self, look: Callable[[], T]) -> T | None:
        """Return what a look gives. None when it fails: what is hostile must not end the watch.

        Until everything was looked at, changes are not looked at where they happen then. Raises UnusableError.
        """
        try:
            with named():
                return look()
        except UnusableError:
            raise
        except Exception as error:
            _LOG.exception("a look at what changed")
            self._narrow = None
            reason = f"{type(error).__name__}: {error}"
            self.say("look", f"what changed could not be looked at by itself, everything will be: {reason}")
            return None

    def _narrowed(self, source: Source, found: Surveyed) -> Narrow:
        self._memory = self._memory_of()
        self._cool()
        self._look_with = warmed(self._plan.look, self._kit.world.now())
        means = Means(self._look_with, self._plan.settings, self._rules, self._memory, self._machine)
        return Narrow(source, found.outline, means)

    def _cool(self) -> None:
        if self._look_with is not None:
            self._look_with.close()

    # What is told

    def _tell(self, made: Iterable[Draft], turn: int, write: Write | None = None) -> bool:
        return self._kit.teller.commit(made, turn, write, least=self._kit.least)

    def _recover(self) -> None:
        """Write what the disk did not take, now and then; once it does, look at all that could not be looked at."""
        if self._kit.teller.failure and self._kit.world.clock() >= self._retry_due:
            self._retry_due = self._kit.world.clock() + _RETRY_SECONDS
            if self._kit.teller.commit((), self._kit.teller.turn):
                self._kit.surveying.changed(only_all_tells=True)

    def _frame(self, turn: int) -> Frame:
        return Frame(self._plan.host, self._kit.world.now(), turn)

    def _note(self, notes: Sequence[Note]) -> None:
        """Tell what is not watched any more, and what is again."""
        for note in notes:
            if note.kind in _WELL:
                self._unwatched.pop(note.path, None)
            elif note.kind is not NoteKind.OVERFLOW:
                self._unwatched[note.path] = f"{note.path}: {note.reason}"
            again = note.kind in _WELL
            what = "is watched again" if again else f"is not watched as it should be ({note.kind})"
            severity = Severity.LOW if again or note.kind is NoteKind.POLLED else Severity.MEDIUM
            self.say(f"{note.kind} {note.path}", f"{note.path} {what}: {note.reason}", severity)

    def say(self, about: str, message: str, severity: Severity = Severity.MEDIUM) -> None:
        """Tell something about the watch itself."""
        turn = self._kit.teller.next_turn()
        now = self._kit.world.now()
        alert = own_alert(now, self._plan.host, message, self._plan.host, turn, about, severity=severity)
        self._tell([Draft((), alert)], turn)

    def _tell_health(self) -> None:
        if self._surveyed is None and not self._trouble:
            return
        health = self.health()
        if self._kit.world.clock() < self._health_due and health.is_well is self._was_well:
            return
        self._was_well = health.is_well
        self._health_due = self._kit.world.clock() + HEALTH_SECONDS
        turn = self._kit.teller.next_turn()
        alert = alert_of(health, self._plan.host, self._kit.world.now(), turn)
        self._kit.teller.commit([Draft((), alert)], turn)

    def health(self) -> Health:
        """Return how the watch is."""
        found = self._surveyed or Surveyed(0, 0)
        return Health(
            since=self._since,
            folders=len(self._roots),
            files=0 if self._narrow is None else len(self._narrow.source),
            findings=found.findings,
            unread=found.gaps,
            looked=self._looked,
            feeds=self._kit.listening.describe(),
            sinks=self._kit.sending.health(),
            unwatched=tuple(text for _, text in sorted(self._unwatched.items())),
            trouble=self._kit.teller.failure or self._trouble or self._kit.listening.trouble or self._unread,
        )


__all__ = ["HEALTH_SECONDS", "Kit", "Loop", "World"]
