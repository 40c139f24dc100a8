"""What rules that correlate share: which acts belong together, and which time the configuration's own log covers."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from iisight.evidence import paths
from iisight.inventory.past import Change, History, How, Row
from iisight.model.activity import Act, Action, Activity, Actor
from iisight.model.component import Component, Registration
from iisight.parsers.record import to_int
from iisight.rules._case import Case
from iisight.rules._common import EXPOSED, place_of

CHANNEL = "microsoft-iis-configuration/operational"
SLACK = timedelta(minutes=5)  # between a change and the time of the file that holds it
SYSTEM = frozenset({"S-1-5-18", "S-1-5-19", "S-1-5-20"})

_SYSTEM_LOGONS = frozenset({0, 0x3E4, 0x3E5, 0x3E7})


def acts(case: Case, *wanted: Act) -> Iterator[tuple[Activity, Action]]:
    """Yield the actions of some kinds, in the order of time, but for those that failed."""
    for activity in case.activities:
        for action in activity.actions:
            if action.act in wanted and not action.failed:
                yield activity, action


def is_one_host(case: Case) -> bool:
    """Tell whether all events are of one computer: those of others say nothing of this configuration."""
    return len({a.event.computer.lower().partition(".")[0] for a in case.activities if a.event.computer}) < 2


def file_of(code: str) -> str:
    """Return the folded path of what an action runs or touches; empty for a type."""
    return paths.fold(paths.expand(code, paths.default_variables())) if "\\" in code else ""


def is_exposed(code: str) -> bool:
    """Tell whether a file lies where no product is installed."""
    return "\\" in code and place_of(paths.expand(code, paths.default_variables())) in EXPOSED


def is_same(one: Actor, other: Actor) -> bool:
    """Tell whether two acts were done in one logon, or by one process, or by a process and its child."""
    logons = _logon(one), _logon(other)
    if logons[0] and logons[0] == logons[1]:
        return True
    guids = {g.upper() for g in (one.guid, one.parent_guid) if g}
    if guids & {g.upper() for g in (other.guid, other.parent_guid) if g}:
        return True
    return bool(one.sid and one.sid == other.sid and one.sid not in SYSTEM)


def standing(history: History) -> Iterator[Change]:
    """Yield the last change of each row that names code of nobody the catalogue knows, if the row is still there."""
    last = {change.row.key: change for change in history.changes}
    for change in last.values():
        row = change.row
        if change.how is not How.WENT and row.code and not row.is_directive and not row.is_stock:
            yield change


def components_of(case: Case, row: Row) -> tuple[Component, ...]:
    """Return the components that a row of the configuration registers."""
    found = case.inventory.components if case.inventory is not None else ()
    return tuple(c for c in found if any(_is_row(r, row) for r in c.registrations))


def _is_row(registration: Registration, row: Row) -> bool:
    held = {value.casefold() for _, value in registration.attributes}
    place = registration.scope.casefold() == row.location.strip("/").casefold()
    return place and registration.section == row.section and row.name.casefold() in held


def covers(case: Case, start: datetime, end: datetime) -> bool:
    """Tell whether the configuration's log was on from `start` to `end`: records before and behind, nothing lost."""
    blinded = any(
        a.event.time is not None and start <= a.event.time <= end and "iis-configuration" in action.subject.lower()
        for a, action in acts(case, Act.CLEAR, Act.BLIND)
    )
    return not blinded and any(first <= start and end <= last for first, last in _spans(case))


def has_channel(case: Case) -> bool:
    """Tell whether any log holds records of the configuration's log."""
    return any(CHANNEL in {c.lower() for c in log.channels} for log in case.logs)


def _spans(case: Case) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when to when a log proves it: by its own records, in a log of many channels by what was heard."""
    for log in case.logs:
        if {c.lower() for c in log.channels} == {CHANNEL} and not log.lost and log.first and log.last:
            yield log.first, log.last
    times = [a.event.time for a in case.activities if a.event.channel.lower() == CHANNEL and a.event.time is not None]
    if times and not any(log.lost for log in case.logs):
        yield min(times), max(times)


def _logon(actor: Actor) -> int:
    number = to_int(actor.logon) or 0
    return 0 if number in _SYSTEM_LOGONS else number
