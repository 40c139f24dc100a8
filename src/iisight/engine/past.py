"""What came before: the history of the configuration and the times of files, as moments of stories."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from iisight.engine.joining import Joiner
from iisight.engine.telling import thing
from iisight.engine.weighing import Tale
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.past import Change, History, How
from iisight.model.activity import Act, Action
from iisight.model.component import Verdict
from iisight.model.locator import Locator
from iisight.model.report import Judged
from iisight.model.story import Moment

SOURCE = "configuration history"
FILES = "file times"
MANY = 10  # stock rows that come or go at once are told as one: a feature was installed or taken out
MAX_NAMED = 5

_CLEARED = frozenset({Verdict.KNOWN, Verdict.TRUSTED})
_BAD = frozenset({Verdict.SUSPICIOUS, Verdict.MALICIOUS})
_ACTS = {How.CAME: Act.REGISTER, How.WENT: Act.UNREGISTER, How.CHANGED: Act.REGISTER}


def of_history(histories: Iterable[History], joiner: Joiner) -> Iterator[Tale]:
    """Yield what the copies of a configuration tell."""
    for history in histories:
        yield from (Tale(Moment(n.time, SOURCE, n.text, locator=n.locator)) for n in history.notes)
        yield from _changes(history.changes, joiner)


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
            if path in written:
                text = f"{path}, which registers it, was last written"
                yield Tale(Moment(written[path], FILES, text, locator=place), (component.id,), in_timeline=False)


def action_of(change: Change) -> Action:
    """Return what was done, as an event would say it."""
    row = change.row
    return Action(
        _ACTS[change.how], SOURCE, section=row.section, name=row.name, code=row.code, scope=row.location.strip("/")
    )


def _changes(changes: Sequence[Change], joiner: Joiner) -> Iterator[Tale]:
    at_once: dict[tuple[int, int, How], list[Change]] = defaultdict(list)
    for change in changes:
        components = tuple(c.id for c in joiner.about(action_of(change)))
        folded = change.together >= MANY and change.row.is_stock
        if folded:
            at_once[id(change.older), id(change.newer), change.how].append(change)
        yield Tale(_moment(change), components, in_timeline=not folded)
    yield from (Tale(_together(group)) for group in at_once.values())


def _moment(change: Change) -> Moment:
    row = change.row
    subject = thing(action_of(change))
    if row.is_directive:
        subject = f"<{row.element.rpartition('/')[2]}> of {subject}"
    different = "; ".join(f"{name} {old or 'nothing'} → {new or 'nothing'}" for name, old, new in change.differences)
    what = {
        How.CAME: f"{subject} came into the configuration",
        How.WENT: f"{subject} went from the configuration",
        How.CHANGED: f"{subject} was changed: {different}",
    }[change.how]
    others = f", with {change.together - 1:,} more" if change.together > 1 else ""
    return Moment(change.newer.time, SOURCE, f"{what}{others}; {_between(change)}", locator=row.locator)


def _together(changes: Sequence[Change]) -> Moment:
    first = changes[0]
    names = list(dict.fromkeys(c.row.name or paths.basename(c.row.code) for c in changes))
    named = ", ".join(names[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")
    what = "were added at once (feature install)" if first.how is How.CAME else "went at once (feature taken out)"
    text = f"{len(changes):,} entries of Windows {what}: {named}; {_between(first)}"
    return Moment(first.newer.time, SOURCE, text, locator=first.newer.locator)


def _between(change: Change) -> str:
    return f"between {change.older.dated} and {change.newer.dated}"
