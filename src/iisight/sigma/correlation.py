"""Correlations: rules about several hits of other rules, told as the hits come in order of time.

Of a count with `>` or `>=`, and of `temporal` and `temporal_ordered`, the window slides and a hit is told as soon as
the condition holds; an event counts towards one hit of a correlation. Everything else (`<`, `==`, sums, averages, …)
can only be known once its time is over: the window starts with the first event and is judged when it ends.
An event that lacks a field to group by belongs to no group.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iisight.model.event import Event
from iisight.model.need import folded
from iisight.sigma.fields import View, getter_of
from iisight.sigma.rule import Comparison, CompiledRule, Correlation
from iisight.sigma.values import COMPARE, as_number

MAX_GROUPS = 10_000  # of one correlation at a time
MAX_EVENTS = 10_000  # of one group at a time
MAX_CHAIN = 8  # correlations about correlations

_SLIDING = {"event_count", "value_count"}
_TEMPORAL = {"temporal", "temporal_ordered"}


@dataclass(frozen=True, slots=True)
class CorrelationHit:
    """A correlation that holds, and the events that make it hold, in order of time."""

    key: str
    group: tuple[str, ...]  # values of `group_by`, in lower case
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    time: datetime
    key: str
    event: Event
    values: tuple[str, ...] = ()


@dataclass(slots=True)
class Dropped:
    """What was not correlated: each costs hits, so each is told."""

    untimed: int = 0  # events without a time
    unordered: int = 0  # events before the one before; they count as of its time
    groups: int = 0  # groups given up for want of room
    events: int = 0  # events given up, the oldest of their group


@dataclass(slots=True)
class _State:
    correlation: Correlation
    groups: "OrderedDict[tuple[str, ...], deque[_Seen]]" = field(default_factory=OrderedDict)


class Correlator:
    """Correlations, fed with hits in order of time."""

    def __init__(self, correlations: Iterable[Correlation], rules: Iterable[CompiledRule] = ()) -> None:
        """Take correlations and the rules they are about, which say how events call their fields."""
        self._states = [_State(correlation) for correlation in correlations]
        self._rules = {rule.key: rule for rule in rules}
        self._now: datetime | None = None
        self.dropped = Dropped()

    def feed(self, key: str, event: Event) -> Iterator[CorrelationHit]:
        """Take a hit of a rule and yield the correlations that hold with it, or whose time is over."""
        if event.time is None:
            self.dropped.untimed += 1
            return
        if self._now is not None and event.time < self._now:
            self.dropped.unordered += 1
        else:
            self._now = event.time
        yield from self._closed(self._now)
        yield from self._fed(key, event, self._now, 0)

    @property
    def now(self) -> datetime | None:
        """Return the time of the newest hit."""
        return self._now

    def advance(self, now: datetime) -> Iterator[CorrelationHit]:
        """Yield what holds at the end of windows that are over by a time up to which every hit has come."""
        yield from self._closed(now)

    def finish(self) -> Iterator[CorrelationHit]:
        """Yield what holds now that no hit follows."""
        yield from self._closed(None)

    def _fed(self, key: str, event: Event, now: datetime, depth: int) -> Iterator[CorrelationHit]:
        for state in self._states if depth < MAX_CHAIN else ():
            if key in state.correlation.rules:
                for hit in self._added(state, _Seen(now, key, event)):
                    yield hit
                    yield from self._fed(hit.key, event, now, depth + 1)

    def _added(self, state: _State, seen: _Seen) -> Iterator[CorrelationHit]:
        correlation = state.correlation
        group = self._values(correlation, correlation.group_by, seen)
        values = self._values(correlation, correlation.fields, seen)
        if group is None or values is None:
            return
        window = self._window(state, group)
        window.append(_Seen(seen.time, seen.key, seen.event, values))
        if len(window) > MAX_EVENTS:
            window.popleft()
            self.dropped.events += 1
        if not _slides(correlation):
            return
        start = seen.time - timedelta(seconds=correlation.seconds)
        while window[0].time < start:
            window.popleft()
        if _holds(correlation, window):
            del state.groups[group]
            yield _hit(correlation, group, window)

    def _window(self, state: _State, group: tuple[str, ...]) -> "deque[_Seen]":
        if group not in state.groups:
            if len(state.groups) >= MAX_GROUPS:
                state.groups.popitem(last=False)
                self.dropped.groups += 1
            state.groups[group] = deque()
        elif _slides(state.correlation):
            state.groups.move_to_end(group)
        return state.groups[group]

    def _closed(self, now: datetime | None) -> Iterator[CorrelationHit]:
        """Forget groups whose time is over, and yield those that hold at their end; all of them without a time."""
        for state in self._states:
            for group, window in _over(state, now):
                if not _slides(state.correlation) and _holds(state.correlation, window):
                    hit = _hit(state.correlation, group, window)
                    yield hit
                    yield from self._fed(hit.key, window[-1].event, now or window[-1].time, 1)

    def _values(self, correlation: Correlation, names: tuple[str, ...], seen: _Seen) -> tuple[str, ...] | None:
        """Return values of an event, None when it lacks one."""
        view, found = View(seen.event), []
        for name in names:
            field_name = next(
                (own for alias, key, own in correlation.aliases if (alias, key) == (name, seen.key)), name
            )
            value = getter_of(field_name, self._mapping(seen.key, seen.event))(view)
            if value is None:
                return None
            found.append(value)
        return tuple(found)

    def _mapping(self, key: str, event: Event) -> str:
        rule = self._rules.get(key)
        channel = folded(event.channel)
        bindings = rule.bindings if rule else ()
        return next((b.mapping for b in bindings if folded(b.channel) == channel), "")


def _slides(correlation: Correlation) -> bool:
    upward = correlation.operator in {Comparison.GT, Comparison.GTE}
    return upward and correlation.kind in _SLIDING | _TEMPORAL


def _over(state: _State, now: datetime | None) -> Iterator[tuple[tuple[str, ...], "deque[_Seen]"]]:
    """Take groups out whose window has ended; the first in order are the first to end."""
    span = timedelta(seconds=state.correlation.seconds)
    place = -1 if _slides(state.correlation) else 0
    while state.groups:
        group, window = next(iter(state.groups.items()))
        if now is not None and now - window[place].time <= span:
            return
        del state.groups[group]
        yield group, window


def _hit(correlation: Correlation, group: tuple[str, ...], window: "deque[_Seen]") -> CorrelationHit:
    return CorrelationHit(correlation.key, group, tuple(seen.event for seen in window))


def _holds(correlation: Correlation, window: "deque[_Seen]") -> bool:
    value = _measured(correlation, window)
    return value is not None and COMPARE[correlation.operator](value, correlation.threshold)


def _measured(correlation: Correlation, window: "deque[_Seen]") -> float | None:
    """Return what a correlation compares; None where there is nothing to compare."""
    if correlation.kind == "event_count":
        return len(window)
    if correlation.kind == "value_count":
        return len({seen.values for seen in window})
    if correlation.kind == "temporal":
        return len({seen.key for seen in window})
    if correlation.kind == "temporal_ordered":
        return _in_order(correlation.rules, window)
    return _statistic(correlation, [number for seen in window for text in seen.values for number in _numbers(text)])


def _in_order(rules: tuple[str, ...], window: "deque[_Seen]") -> int:
    """Return how many of the rules, from the first on, were met one after the other."""
    met = 0
    for seen in window:
        if met < len(rules) and seen.key == rules[met]:
            met += 1
    return met


def _numbers(text: str) -> tuple[float, ...]:
    number = as_number(text)
    return () if number is None else (number,)


def _statistic(correlation: Correlation, numbers: list[float]) -> float | None:
    if not numbers:
        return None
    if correlation.kind == "value_sum":
        return sum(numbers)
    if correlation.kind == "value_avg":
        return sum(numbers) / len(numbers)
    percent = correlation.percentile if correlation.kind == "value_percentile" else 50
    return _percentile(sorted(numbers), percent)


def _percentile(ordered: list[float], percent: int) -> float:
    """Return a percentile, between two values in proportion."""
    place = (len(ordered) - 1) * min(max(percent, 0), 100) / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
