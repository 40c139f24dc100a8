"""Sigma correlations of the user's while events come: windows go by the events' own time, within what clocks allow."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from iisight.engine.correlating import correlated, finding_of, order_of
from iisight.engine.listening import Heard
from iisight.model.activity import Activity
from iisight.model.coverage import Gap, GapKind
from iisight.model.event import Event
from iisight.sigma.correlation import CorrelationHit, Correlator
from iisight.sigma.rule import RuleSet

LATE = timedelta(minutes=5)  # how much older than the newest a hit may be, and newer than this computer's clock


class LiveCorrelating:
    """The correlations of a watch: bounded by the bounds of `sigma.correlation`, whatever comes."""

    def __init__(self, rules: RuleSet) -> None:
        """Take the user's rules."""
        self._rules = rules
        self._wanted = correlated(rules)
        self._correlator = self._new()
        self._untold = 0
        self._told = 0  # of what the correlator dropped

    def take(self, activities: Iterable[Activity], now: datetime) -> Iterator[Heard]:
        """Yield the correlations that hold with some activities; `now` is this computer's time."""
        hits = [(key, a.event) for a in activities for key in a.sigma if key in self._wanted]
        if hits and self._correlator.now is not None and self._correlator.now > now + LATE:
            self._correlator = self._new()  # this computer's clock was set back
        for key, event in sorted(hits, key=order_of):
            if self._is_in_time(event, now):
                yield from map(self._heard, self._correlator.feed(key, event))
            else:
                self._untold += 1

    def idle(self, now: datetime) -> Iterator[Heard]:
        """Yield the correlations that hold now that their time is over: nothing older than LATE will come any more."""
        yield from map(self._heard, self._correlator.advance(now - LATE))

    def gaps(self) -> Iterator[Gap]:
        """Yield what was not correlated since it was asked last."""
        dropped = self._correlator.dropped
        lost = dropped.untimed + dropped.groups + dropped.events
        if self._untold or lost > self._told:
            reason = "hits without a time, out of order by more than five minutes, or more than can be kept"
            gap = Gap(GapKind.REFUSED, "Sigma correlations", reason, self._untold + lost - self._told)
            self._untold, self._told = 0, lost
            yield gap

    def _new(self) -> Correlator:
        self._told = 0
        return Correlator(self._rules.correlations, self._rules.rules)

    def _is_in_time(self, event: Event, now: datetime) -> bool:
        if event.time is None:
            return True  # the correlator counts it
        newest = self._correlator.now
        return event.time <= now + LATE and (newest is None or event.time >= newest - LATE)

    def _heard(self, hit: CorrelationHit) -> Heard:
        """Return a correlation as what its last event told."""
        last = hit.events[-1]
        finding = finding_of(hit, self._rules)
        return Heard(Activity(last, sigma=(hit.key,)), (finding,), len(hit.events), last.time)
