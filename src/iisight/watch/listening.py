"""Event logs under watch: what they tell becomes alerts, and says who made the changes that were seen."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from iisight.engine.ear import Ear
from iisight.engine.listening import Heard
from iisight.engine.running import mark
from iisight.engine.settings import Settings
from iisight.model.alert import Alert, AlertKind
from iisight.model.comparison import Topic, Turn
from iisight.model.coverage import Gap
from iisight.model.event import Event
from iisight.model.finding import Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.telemetry.interpret import Watch
from iisight.watch import state
from iisight.watch.feeds import Feed
from iisight.watch.ids import alert_id
from iisight.watch.spool import Spool
from iisight.watch.telling import Draft, Frame
from iisight.watch.who import WINDOW, Changed, Recent, joined, names_account

MAX_SOUGHT = 1_000  # alerts of which it may still be learnt who made them
LEARNT_WITHIN = timedelta(minutes=5)  # forwarders are late
TIDY_SECONDS = 3_600.0  # between two looks whether what was kept is too old
MAX_ROUNDS = 20  # pieces of the feeds that are read in one turn


@dataclass(frozen=True, slots=True)
class _Sought:
    """An alert whose author is not known yet, or by a program alone."""

    alert: Alert
    changed: Changed


class Listening:
    """Reads feeds, and remembers for a while what they told. Used by one thread."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        ear: Ear,
        spool: Spool,
        settings: Settings,
        clock: Callable[[], float],
        positions: Mapping[str, str],
    ) -> None:
        """Go on where another run stopped, as far as `positions` say of feeds by name."""
        self.feeds = tuple(feeds)
        self._ear, self._spool, self._settings = ear, spool, settings
        self._recent, self._learnt = Recent(clock, ear.told), ear.learnt
        self._sought: deque[_Sought] = deque(maxlen=MAX_SOUGHT)
        self._stored = dict(positions)
        self._has_more = False
        self._clock, self._tidy_due = clock, clock() + TIDY_SECONDS
        self.trouble = ""  # why what was heard cannot be kept for the next look at everything
        for feed in self.feeds:
            if feed.name in positions:
                feed.resume(positions[feed.name])

    @property
    def has_more(self) -> bool:
        """Tell whether there is more to be read at once."""
        return self._has_more

    def matters(self, names: Iterable[str], roots: Iterable[str]) -> None:
        """Take files and web roots that matter from now on."""
        self._ear.watch(Watch(frozenset(names), tuple(roots)))

    def hear(self, frame: Frame) -> list[Draft]:
        """Return what has come since: events that rules speak of, and who made changes that were told before."""
        heard = tuple(self._heard())
        self._recent.add(heard)
        self._keep(h.activity.event for h in heard)
        rules = {info.id: info for info in self._ear.rules}
        drafts = [Draft((), alert) for h in heard for alert in _alerts(h, rules, self._settings, frame)]
        drafts += self._authors(frame) if self._sought and (self._learn() or heard) else ()
        return drafts

    def finish(self, frame: Frame) -> list[Draft]:
        """Return what is left when the watch ends."""
        rules = {info.id: info for info in self._ear.rules}
        found = self._ear.finish()
        return [Draft((), alert) for h in found for alert in _alerts(h, rules, self._settings, frame)]

    def positions(self) -> dict[str, str]:
        """Return where feeds stand that have gone on since this was stored."""
        now = {feed.name: feed.position() for feed in self.feeds}
        return {name: place for name, place in now.items() if self._stored.get(name) != place}

    def stored(self, positions: Mapping[str, str]) -> None:
        """Say that the positions are on disk."""
        self._stored.update(positions)

    def gaps(self) -> tuple[Gap, ...]:
        """Return what was lost or could not be read since this was asked last."""
        return (*(gap for feed in self.feeds for gap in feed.gaps()), *self._ear.gaps())

    def describe(self) -> tuple[str, ...]:
        """Return how each feed is."""
        return tuple(feed.describe() for feed in self.feeds)

    def with_who(self, draft: Draft) -> Draft:
        """Return an alert with who made the change; where nobody is known yet, it is looked for a while longer."""
        alert = draft.alert
        topics = {change.topic for change in draft.changes}
        if not self.feeds or alert.kind is not AlertKind.CHANGE or topics == {Topic.FINDING}:  # nothing was done
            return draft
        self._learn()
        changed = _changed(draft)
        act = joined(changed, self._recent)
        told = alert if act is None else replace(alert, who=act.who)
        if act is None or not names_account(act):
            self._sought.append(_Sought(told, changed))
        return replace(draft, alert=told)

    def close(self) -> None:
        """Let go of files."""
        for feed in self.feeds:
            feed.close()
        self._spool.close()

    def _heard(self) -> Iterator[Heard]:
        for _ in range(MAX_ROUNDS):
            events: list[Event] = [event for feed in self.feeds for event in feed.poll()]
            self._has_more = any(feed.has_more for feed in self.feeds)
            if events:
                yield from self._ear.hear(events)
            if not self._has_more:
                yield from self._ear.idle()
                return

    def _keep(self, events: Iterable[Event]) -> None:
        """Keep what was heard for the next look at everything; a disk that takes nothing costs its stories alone."""
        try:
            self._spool.write(events)
            if self._clock() >= self._tidy_due:
                self._tidy_due = self._clock() + TIDY_SECONDS
                self._spool.prune()
            self.trouble = ""
        except OSError as error:
            self.trouble = f"events cannot be kept for the next look at everything: {error.strerror or error}"

    def _learn(self) -> bool:
        """Ask again who did what was heard, once more processes or logons are known; tell whether one is known now."""
        before, self._learnt = self._learnt, self._ear.learnt
        return before != self._learnt and self._recent.learn()

    def _authors(self, frame: Frame) -> Iterator[Draft]:
        """Yield who made changes that were told before, and stop looking for those that are too old.

        A program is told while the account behind it is still sought.
        """
        waiting, self._sought = self._sought, deque(maxlen=MAX_SOUGHT)
        for sought in waiting:
            act, alert = joined(sought.changed, self._recent), sought.alert
            if act is not None and (names_account(act) or not alert.who):
                yield Draft((), _of_who(alert, act.who, frame))
                alert = replace(alert, who=act.who)
            if (act is None or not names_account(act)) and frame.time - alert.time < LEARNT_WITHIN:
                self._sought.append(replace(sought, alert=alert))


def positions_of(connection: sqlite3.Connection, feeds: Iterable[Feed]) -> dict[str, str]:
    """Return where feeds stood when the state was written last."""
    found = {feed.name: state.fact(connection, f"feed {feed.name}") for feed in feeds}
    return {name: place for name, place in found.items() if place}


def keep_positions(connection: sqlite3.Connection, positions: Mapping[str, str]) -> None:
    """Keep where feeds stand, in the transaction of what was heard up to there."""
    for name, place in positions.items():
        state.keep_fact(connection, f"feed {name}", place)


def _alerts(heard: Heard, rules: Mapping[str, RuleInfo], settings: Settings, frame: Frame) -> Iterator[Alert]:
    """Yield an alert for each finding that counts; the same record gives the same id, however often it is read."""
    event = heard.activity.event
    for finding in heard.findings:
        marked = mark(finding, settings)
        if marked.suppressed is None:
            yield _alert(heard, marked, rules.get(finding.rule), frame, event)


def _alert(heard: Heard, finding: Finding, info: RuleInfo | None, frame: Frame, event: Event) -> Alert:
    parts = (finding.rule, event.computer, event.channel, event.record, event.time, finding.message)
    more = f" ({heard.count:,} times)" if heard.count > 1 else ""
    place = finding.evidence[0].locator if finding.evidence else event.locator
    return Alert(
        id=alert_id("event", *parts),
        time=frame.time,
        host=event.computer or frame.host,
        kind=AlertKind.EVENT,
        severity=finding.severity,
        message=f"{finding.message}{more}",
        rule=finding.rule,
        title="" if info is None else info.title,
        attack=() if info is None else info.attack,
        locator=Locator(event.channel, record=event.record) if event.record is not None else place,
        who=heard.who,
        happened=event.time,
    )


def _of_who(alert: Alert, who: str, frame: Frame) -> Alert:
    return Alert(
        id=alert_id("who", alert.id, who),
        time=frame.time,
        host=alert.host,
        kind=AlertKind.WHO,
        severity=max(alert.severity, Severity.LOW, key=lambda s: s.rank),
        message=f"who made the change told before: {alert.message.partition('; ')[0]}",
        rule=alert.rule,
        title=alert.title,
        attack=alert.attack,
        locator=alert.locator,
        who=who,
        happened=alert.happened,
        components=alert.components,
        about=alert.id,
    )


def _changed(draft: Draft) -> Changed:
    """Return what somebody is sought for: at the time the file has, unless that is not the time of the change."""
    alert = draft.alert
    happened = alert.happened
    near = happened is not None and abs(alert.time - happened) < WINDOW
    place = () if alert.locator is None else (alert.locator.path,)
    time = happened if near and happened is not None else alert.time
    turn = Turn.CHANGED if bool(alert.old) == bool(alert.new) else Turn.ADDED if alert.new else Turn.REMOVED
    return Changed(time, place, alert.components, draft.section, turn=turn)
