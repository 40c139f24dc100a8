"""The story of each component and of the server: what was heard, told in the order of time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from iisight.engine.hearing import Hearing
from iisight.engine.listening import Heard
from iisight.engine.telling import sentence, who
from iisight.engine.weighing import Tale
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
    told = None if heard.activity.actions else next(iter(counting), None)
    return Moment(
        time=event.time,
        source=source_of(event),
        what=sentence(heard.activity) if told is None else told.message,
        who=heard.who or who(heard.activity.actor),
        locator=event.locator,
        weight=max((f.severity for f in counting), key=lambda s: s.rank, default=Severity.INFO),
        rules=tuple(sorted({f.rule for f in counting})),
        count=heard.count,
        until=heard.until,
    )


def residue_moment(residue: Residue) -> Moment:
    """Return one line about text that no record holds any more."""
    return Moment(None, "slack of the log", f"a record that is gone held: {residue.text}", locator=residue.locator)


def of_logs(hearing: Hearing) -> Iterator[Tale]:
    """Yield everything that was heard."""
    yield from (Tale(moment(heard), heard.components) for heard in hearing.heard)
    yield from (Tale(residue_moment(residue)) for residue in hearing.residues)


def timeline(tales: Iterable[Tale]) -> tuple[Moment, ...]:
    """Return what happened in the order of time, at most MAX_TIMELINE moments: the weightiest stay."""
    return _bounded((tale.moment for tale in tales if tale.in_timeline), MAX_TIMELINE)


def with_stories(judged: Iterable[Judged], tales: Iterable[Tale]) -> tuple[Judged, ...]:
    """Return components with their stories."""
    stories: dict[str, list[Moment]] = defaultdict(list)
    for tale in tales:
        for component in tale.components:
            stories[component].append(tale.moment)
    return tuple(replace(j, story=_bounded(stories[j.component.id], MAX_STORY)) for j in judged)


def _bounded(moments: Iterable[Moment], most: int) -> tuple[Moment, ...]:
    weighed = sorted(dict.fromkeys(moments), key=lambda m: (-m.weight.rank, _order(m)))
    return tuple(sorted(weighed[:most], key=_order))


def _order(told: Moment) -> tuple[bool, float, str, str, str]:
    stamp = 0.0 if told.time is None else told.time.timestamp()
    return told.time is not None, stamp, told.source, told.what, str(told.locator)
