"""The story of each component and of the server: what was heard, told in the order of time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from iisight.engine.listening import Heard
from iisight.engine.telling import sentence, who
from iisight.model.event import Residue
from iisight.model.finding import Severity
from iisight.model.report import Judged
from iisight.model.story import Moment
from iisight.rules._events import source_of

MAX_STORY = 200  # moments of one component
MAX_TIMELINE = 10_000  # moments of the server


def moment(heard: Heard) -> Moment:
    """Return one line of a story."""
    counting = [f for f in heard.findings if f.suppressed is None]
    event = heard.activity.event
    return Moment(
        time=event.time,
        source=source_of(event),
        what=sentence(heard.activity),
        who=who(heard.activity.actor),
        locator=event.locator,
        weight=max((f.severity for f in counting), key=lambda s: s.rank, default=Severity.INFO),
        rules=tuple(sorted({f.rule for f in counting})),
        count=heard.count,
        until=heard.until,
    )


def residue_moment(residue: Residue) -> Moment:
    """Return one line about text that no record holds any more."""
    return Moment(None, "slack of the log", f"a record that is gone held: {residue.text}", locator=residue.locator)


def timeline(moments: Iterable[Moment]) -> tuple[Moment, ...]:
    """Return moments in the order of time, at most MAX_TIMELINE: the weightiest stay."""
    return _bounded(moments, MAX_TIMELINE)


def with_stories(judged: Iterable[Judged], stories: Mapping[str, Iterable[Moment]]) -> tuple[Judged, ...]:
    """Return components with their stories, by component id."""
    return tuple(replace(j, story=_bounded(stories.get(j.component.id, ()), MAX_STORY)) for j in judged)


def by_component(told: Iterable[tuple[tuple[str, ...], Moment]]) -> dict[str, list[Moment]]:
    """Return the moments of each component id."""
    found: dict[str, list[Moment]] = defaultdict(list)
    for ids, part in told:
        for component in ids:
            found[component].append(part)
    return found


def _bounded(moments: Iterable[Moment], most: int) -> tuple[Moment, ...]:
    weighed = sorted(dict.fromkeys(moments), key=lambda m: (-m.weight.rank, _order(m)))
    return tuple(sorted(weighed[:most], key=_order))


def _order(told: Moment) -> tuple[bool, float, str, str, str]:
    stamp = 0.0 if told.time is None else told.time.timestamp()
    return told.time is not None, stamp, told.source, told.what, str(told.locator)
