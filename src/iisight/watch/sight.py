"""What of two reports can be compared while the configuration of the server could be read for one of them alone.

Without applicationHost.config everything looks another way: no site has its files, no module is registered. An editor
that writes half of it for a second must not be told as a hundred changes, and what comes with it must not be missed:
the reports before and after it are compared once both can be read.
"""

from dataclasses import replace

from iisight.evidence.paths import fold
from iisight.model.comparison import Change, Topic, Turn
from iisight.model.coverage import GapKind
from iisight.model.finding import Severity
from iisight.model.report import Judged, Report

UNREAD = (GapKind.UNREADABLE, GapKind.REFUSED, GapKind.MALFORMED, GapKind.FAILED)
_HOST = "applicationHost.config"  # role of the file in force
_SEEN = (Topic.COMPONENT, Topic.REGISTRATION, Topic.FINDING)


def sighted(changes: tuple[Change, ...], old: Report, new: Report) -> tuple[Change, ...]:
    """Return those of the changes between two reports that can be told although one of them is blind."""
    lost, found = blind(old, new), blind(new, old)
    if not lost and not found:
        return changes
    seen = (_of_host(change, lost | found) for change in changes)
    fresh = _fresh(old, new)
    return tuple(
        change
        for change in seen
        if change.topic is Topic.COVERAGE
        or (change.topic is Topic.FILE and fold(change.subject) in lost | found)
        or (
            change.topic in _SEEN
            and change.turn is Turn.ADDED
            and _path(change) in lost
            and fresh & {*change.components}
        )
    )


def _of_host(change: Change, hosts: frozenset[str]) -> Change:
    """Return a change; that the configuration itself is not there, or is again, as one that can be told."""
    is_gone, is_back = change.new is None, change.old is None
    if change.topic is not Topic.FILE or is_gone is is_back or fold(change.subject) not in hosts:
        return change
    what = f"{change.subject} {'is gone, or cannot be read' if is_gone else 'is there again'}"
    return replace(change, turn=Turn.REMOVED if is_gone else Turn.ADDED, what=what, weight=Severity.HIGH)


def _fresh(old: Report, new: Report) -> frozenset[str]:
    """Return the ids of the components of a report whose code no component of an older report has."""
    before = {_code(judged) for judged in old.components}
    return frozenset(judged.component.id for judged in new.components if _code(judged) not in before)


def _code(judged: Judged) -> str:
    return judged.component.type or fold(judged.component.image or "") or judged.component.id


def blind(one: Report, other: Report) -> frozenset[str]:
    """Return the folded paths of what was read as applicationHost.config for one report, and for the other is not."""
    could, can = _hosts(one), _hosts(other)
    return could - can if len(can) < len(could) else frozenset()


def reads_less(before: Report, report: Report) -> bool:
    """Tell whether something cannot be read or run that an earlier report could: what changes in it is not seen."""
    bad = {fold(gap.subject) for gap in report.gaps if gap.kind in UNREAD}
    bad |= {fold(file.path) for file in report.files if file.malformed}
    bad -= {fold(gap.subject) for gap in before.gaps if gap.kind in UNREAD}
    could = {fold(file.path) for file in before.files if not file.malformed}
    components = (judged.component for judged in before.components)
    could |= {fold(b.path) for c in components for b in (c.binary, c.twin) if b is not None}
    failed = any(gap.kind is GapKind.FAILED for gap in set(report.gaps) - set(before.gaps))
    return failed or bool(blind(before, report)) or not bad.isdisjoint(could)


def _hosts(report: Report) -> frozenset[str]:
    return frozenset(fold(file.path) for file in report.files if file.role == _HOST and not file.malformed)


def _path(change: Change) -> str:
    place = None if change.new is None else change.new.locator
    return "" if place is None else fold(place.path)
