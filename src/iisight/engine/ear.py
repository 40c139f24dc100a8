"""Hear events while they come: what `hearing` does with whole logs, batch by batch and for months.

What is remembered between batches is bounded in number and time: pieces of scripts, windows of correlations, and the
processes and logons that say who did what comes later.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from iisight.engine.correlating_live import LiveCorrelating
from iisight.engine.hearing import infos, user_rules
from iisight.engine.listening import Heard, listen
from iisight.engine.origins import Known, Origins
from iisight.engine.registry import Rule, Shape
from iisight.engine.running import options_of
from iisight.engine.settings import Settings
from iisight.engine.sigma_rules import shipped
from iisight.model.activity import Activity
from iisight.model.coverage import Gap, GapKind
from iisight.model.event import Event, Lost
from iisight.model.rule import RuleInfo
from iisight.sigma.rule import RuleSet
from iisight.telemetry.interpret import ScriptJoiner, Watch
from iisight.telemetry.lines import LineFilter
from iisight.telemetry.scripts import is_piece, unread
from iisight.telemetry.search import Search, Window
from iisight.telemetry.seek import Logon, Process, logon_of, process_of
from iisight.telemetry.sift import Sifter, Tally

MAX_KNOWN = 20_000  # processes, and logons, that are remembered
KEPT = 7 * 24 * 3600.0  # seconds a process or a logon is remembered
OPEN = 60.0  # seconds the rest of a script is waited for
MAX_COMMAND = 1_024  # characters of a command line that are remembered with a process


@dataclass(frozen=True, slots=True)
class Clocks:
    """What tells the time; tests give their own."""

    steady: Callable[[], float] = time.monotonic  # seconds, never set back
    today: Callable[[], datetime] = lambda: datetime.now(UTC)


class Ear:
    """Turns events into what was heard, one batch after the other. Used by one thread."""

    def __init__(
        self,
        rules: Iterable[Rule],
        settings: Settings,
        own: RuleSet | None = None,
        watch: Watch | None = None,
        window: Window | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        """Take rules and settings; `own` are Sigma rules of the user's. Raises UsageError for options of no rule."""
        own = own or RuleSet()
        self._rules = [rule for rule in (*rules, *user_rules(own)) if rule.shape is Shape.EVENT]
        for rule in self._rules:
            options_of(rule, settings)
        self._settings = settings
        self._clocks = clocks or Clocks()
        self._gaps = [Gap(GapKind.FAILED, item.name, f"not evaluated: {item.reason}") for item in own.not_evaluated]
        self._search = Search((*shipped(), *own.rules), watch or Watch(), window or Window())
        self._infos = (*(rule.info for rule in self._rules if rule.shape is Shape.EVENT), *infos(own))
        self._scripts = ScriptJoiner()
        self._correlating = LiveCorrelating(own)
        self._known = Known(MAX_KNOWN, KEPT)
        self._origins = Origins(self._known)
        self.learnt = 0  # processes and logons that were learnt of since the start: with more, `told` may tell more
        self._ready()

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """Return what the rules that are asked say of themselves, the user's with them."""
        return tuple({info.id: info for info in self._infos}.values())

    @property
    def channels(self) -> frozenset[str]:
        """Return the channels that Sigma rules are about, as the rules write them."""
        return frozenset(b.channel for rule in self._search.sigma for b in rule.bindings if b.channel)

    def watch(self, watch: Watch) -> None:
        """Take what matters besides from now on: the files and web roots of another inventory."""
        if watch != self._search.watch:
            self._search = replace(self._search, watch=watch)
            self._ready()

    def choose(self, lines: Sequence[bytes]) -> list[bool]:
        """Return of each line, a record in JSON or XML, whether it has to be read: the others tell nothing."""
        return self._lines.choose(lines)

    def hear(self, events: Sequence[Event | Lost]) -> tuple[Heard, ...]:
        """Return what a batch of events tells, in the order of time; alike ones of the batch are one."""
        now = self._clocks.steady()
        for event in events:
            self._learn(event, now)
        tally = Tally()
        activities = tuple(self._joined(self._sifter.events(events, tally), now))
        self._gaps += (
            Gap(GapKind.MALFORMED, str(loss.locator), loss.reason, max(loss.count, 1)) for loss in tally.losses
        )
        return self._told(activities)

    def idle(self) -> tuple[Heard, ...]:
        """Return what waiting has settled; to be asked when no feed has anything more."""
        overdue = self._scripts.overdue(self._clocks.steady() - OPEN)
        told = self._told(tuple(self._understood(overdue)))
        return (*told, *self._correlating.idle(self._clocks.today()))

    def finish(self) -> tuple[Heard, ...]:
        """Return what is left when the watch ends: scripts of which the rest did not come."""
        return self._told(tuple(self._understood(self._scripts.finish())))

    def gaps(self) -> tuple[Gap, ...]:
        """Return what could not be read or asked since this was called last."""
        told, self._gaps = (*self._gaps, *self._correlating.gaps()), []
        return told

    def told(self, heard: Heard) -> Heard:
        """Return what was heard with who did it, as far as it is known by now."""
        return self._origins.told(heard)

    def _ready(self) -> None:
        self._sifter = Sifter(self._search)
        self._lines = LineFilter(self._search.needs)

    def _learn(self, event: Event | Lost, now: float) -> None:
        if isinstance(event, Lost) or not self._search.window.names(event):
            return
        if (process := process_of(event)) is not None:
            self._known.add(_short(process), now)
        elif (logon := logon_of(event)) is not None:
            self._known.add_logon(_short_logon(logon), now)
        else:
            return
        self.learnt += 1

    def _joined(self, activities: Iterable[Activity], now: float) -> Iterator[Activity]:
        """Yield activities; of scripts in pieces, what is whole by now."""
        for activity in activities:
            if is_piece(activity.event):
                yield from self._understood(self._scripts.add(activity.event, now))
            else:
                yield activity

    def _understood(self, events: Iterable[Event]) -> Iterator[Activity]:
        for event in events:
            if reason := unread(event):
                self._gaps.append(Gap(GapKind.REFUSED, str(event.locator), reason))
            if (activity := self._sifter.activity(event)) is not None:
                yield activity

    def _told(self, activities: tuple[Activity, ...]) -> tuple[Heard, ...]:
        gaps: list[Gap] = []
        heard = listen(activities, self._rules, self._settings, gaps)
        failed = {gap.subject for gap in gaps if gap.kind is GapKind.FAILED}
        self._rules = [rule for rule in self._rules if rule.info.id not in failed]  # told once, not asked again
        self._gaps += gaps
        correlations = self._correlating.take(activities, self._clocks.today())
        return tuple(map(self._origins.told, (*heard, *correlations)))


def _short(process: Process) -> Process:
    actor = process.actor
    commands = actor.command[:MAX_COMMAND], actor.parent_command[:MAX_COMMAND]
    paths = actor.process[:MAX_COMMAND], actor.parent[:MAX_COMMAND]
    return replace(
        process,
        actor=replace(actor, command=commands[0], parent_command=commands[1], process=paths[0], parent=paths[1]),
    )


def _short_logon(logon: Logon) -> Logon:
    return replace(logon, user=logon.user[:MAX_COMMAND], address=logon.address[:MAX_COMMAND])
