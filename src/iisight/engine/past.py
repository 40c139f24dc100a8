"""What came before: the history of the configuration and the times of files, as moments of stories."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from iisight.engine.joining import Joiner
from iisight.engine.telling import thing
from iisight.engine.weighing import Tale
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.past import Change, History, How, Row
from iisight.model.activity import Act, Action
from iisight.model.component import Verdict
from iisight.model.locator import Locator
from iisight.model.report import Judged
from iisight.model.story import LogRead, Moment

SOURCE = "configuration history"
FILES = "file times"
MANY = 10  # stock rows that come or go at once are told as one: a feature was installed or taken out
MAX_NAMED = 5
APPHOST = "applicationhost.config"

Between = tuple[int, int, How]

_CLEARED = frozenset({Verdict.KNOWN, Verdict.TRUSTED})
_BAD = frozenset({Verdict.SUSPICIOUS, Verdict.MALICIOUS})
_ACTS = {How.CAME: Act.REGISTER, How.WENT: Act.UNREGISTER, How.CHANGED: Act.REGISTER}


def of_history(histories: Iterable[History], joiner: Joiner, logs: Sequence[LogRead] = ()) -> Iterator[Tale]:
    """Yield what the copies of a configuration tell; where no event log covers the time, that is said."""
    for history in histories:
        yield from (Tale(Moment(n.time, SOURCE, n.text, locator=n.locator)) for n in history.notes)
        yield from _first(history, joiner)
        for tale in _changes(history.changes, joiner):
            covered = not logs or tale.moment.time is None or any(_covers(log, tale.moment.time) for log in logs)
            what = tale.moment.what if covered else f"{tale.moment.what}; no event log covers this time"
            yield replace(tale, moment=replace(tale.moment, what=what))


def of_files(judged: Iterable[Judged], inventory: Inventory) -> Iterator[Tale]:
    """Yield when the files of components were last written, as far as nobody vouches for them."""
    written = {d.path: d.modified for _, d in inventory.documents if d.modified is not None}
    for one in judged:
        if one.verdict in _CLEARED:
            continue
        component, told = one.component, one.verdict in _BAD
        binary = component.binary
        if binary is not None and binary.modified is not None:
            place = Locator(binary.path, origin=binary.origin)
            moment = Moment(binary.modified, FILES, f"{binary.path} was last written", locator=place)
            yield Tale(moment, (component.id,), told)
        for path, place in {r.locator.path: r.locator for r in component.registrations}.items():
            if path in written and paths.basename(path).lower() != APPHOST:  # that registers nearly all
                text = f"{path}, which registers it, was last written"
                yield Tale(Moment(written[path], FILES, text, locator=place), (component.id,), in_timeline=False)


def action_of(row: Row, act: Act) -> Action:
    """Return what was done to a row, as an event would say it."""
    return Action(act, SOURCE, section=row.section, name=row.name, code=row.code, scope=row.location.strip("/"))


def _first(history: History, joiner: Joiner) -> Iterator[Tale]:
    """Yield what the oldest copy has already and no catalogue knows: it is older than all that is told here."""
    if history.oldest is None:
        return
    held: dict[str, list[Row]] = defaultdict(list)
    for row in history.first:
        if row.code and not row.is_stock:
            held[row.code.casefold()].append(row)
    for rows in held.values():
        first = min(rows, key=lambda row: row.name == row.code)
        action = replace(action_of(first, Act.REGISTER), section=_sections(rows))
        components = tuple(dict.fromkeys(c.id for r in rows for c in joiner.about(action_of(r, Act.REGISTER))))
        if components:
            what = f"{thing(action)} stood already in {history.oldest.dated}, the oldest copy"
            yield Tale(Moment(history.oldest.time, SOURCE, what, locator=first.locator), components, in_timeline=False)


def _changes(changes: Sequence[Change], joiner: Joiner) -> Iterator[Tale]:
    at_once: dict[Between, list[Change]] = defaultdict(list)
    for group in _groups(changes):
        first = group[0]
        components = tuple(dict.fromkeys(c.id for change in group for c in joiner.about(_done(change))))
        folded = first.together >= MANY and all(change.row.is_stock for change in group)
        if folded:
            at_once[_between_of(first)] += group
        yield Tale(_moment(group), components, in_timeline=not folded)
    yield from (Tale(_together(group)) for group in at_once.values())


def _groups(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield changes that are of one thing: rows of one code, and those that enable it by its name."""
    own = [change.row.code.casefold() for change in changes]
    codes = {(_between_of(c), c.row.name.casefold()): code for c, code in zip(changes, own, strict=True) if code}
    groups: dict[tuple[Between, str, str], list[Change]] = defaultdict(list)
    for change, code in zip(changes, own, strict=True):
        key, name = _between_of(change), change.row.name.casefold()
        directive = f"<{change.row.element}> {change.row.location}" if change.row.is_directive else ""
        groups[key, code or codes.get((key, name)) or name, directive].append(change)
    yield from (sorted(group, key=lambda c: (not c.row.code, c.row.name == c.row.code)) for group in groups.values())


def _done(change: Change) -> Action:
    return action_of(change.row, _ACTS[change.how])


def _between_of(change: Change) -> Between:
    return id(change.older), id(change.newer), change.how


def _moment(group: Sequence[Change]) -> Moment:
    first = group[0]
    row = first.row
    subject = thing(replace(_done(first), section=_sections([c.row for c in group])))
    if row.is_directive:
        subject = f"<{row.element.rpartition('/')[2]}> of {subject}"
    different = "; ".join(f"{name} {old or 'nothing'} → {new or 'nothing'}" for name, old, new in first.differences)
    what = {
        How.CAME: f"{subject} came into the configuration",
        How.WENT: f"{subject} went from the configuration",
        How.CHANGED: f"{subject} was changed: {different}",
    }[first.how]
    more = first.together - len(group)
    others = f", with {more:,} more" if more > 0 else ""
    return Moment(first.newer.time, SOURCE, f"{what}{others}; {_between(first)}", locator=row.locator)


def _sections(rows: Iterable[Row]) -> str:
    return " and ".join(dict.fromkeys(row.section for row in rows))


def _covers(log: LogRead, time: datetime) -> bool:
    return log.first is not None and log.last is not None and log.first <= time <= log.last


def _together(changes: Sequence[Change]) -> Moment:
    first = changes[0]
    names = list(dict.fromkeys(c.row.name or paths.basename(c.row.code) for c in changes))
    named = ", ".join(names[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")
    what = "were added at once (feature install)" if first.how is How.CAME else "went at once (feature taken out)"
    text = f"{len(changes):,} entries of Windows {what}: {named}; {_between(first)}"
    return Moment(first.newer.time, SOURCE, text, locator=first.newer.locator)


def _between(change: Change) -> str:
    return f"between {change.older.dated} and {change.newer.dated}"
