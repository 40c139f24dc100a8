"""Findings that came and went, and what can and cannot be read any more."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace

from iisight.engine.compare.change import change, one_sided, paired
from iisight.engine.compare.view import View
from iisight.model.comparison import Change, Side, Topic, Turn
from iisight.model.component import ImageState
from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Finding, Severity

_UNREAD = (ImageState.NOT_COLLECTED, ImageState.UNRESOLVED)


def findings(old: View, new: View) -> Iterator[Change]:
    """Yield findings that came, went or count otherwise; those of a rule that only one side ran cannot be told."""
    keys = tuple((key(old), key(new)) for key in (_identity, _about))
    pairs, gone, come = paired(_sorted(old), _sorted(new), *keys)
    for one, other in pairs:
        yield from _pair(one, other, same_version=old.report.version == new.report.version)
    for finding in gone:
        yield _one_sided(finding, old, new, came=False)
    for finding in come:
        yield _one_sided(finding, new, old, came=True)


def _sorted(view: View) -> list[Finding]:
    return sorted(view.report.findings, key=_order)


def _order(finding: Finding) -> tuple[object, ...]:
    counts = "" if finding.suppressed is None else f"{finding.suppressed.source} {finding.suppressed.reason}"
    grade = finding.severity, finding.confidence
    return finding.rule, finding.components, finding.scope, finding.message, finding.evidence, counts, grade


def _identity(_view: View) -> Callable[[Finding], Hashable]:
    return lambda f: (f.rule, f.components, f.scope, f.message)


def _about(view: View) -> Callable[[Finding], Hashable]:
    return lambda f: (f.rule, f.components, f.scope, tuple(sorted({view.path(e.locator.path) for e in f.evidence})))


def _pair(one: Finding, other: Finding, *, same_version: bool) -> Iterator[Change]:
    counted = one.suppressed is None, other.suppressed is None
    graded = (one.severity, one.confidence) != (other.severity, other.confidence)
    if counted[0] is counted[1] and not (same_version and (graded or one.message != other.message)):
        return
    verb = "says something else now" if counted[0] is counted[1] else "counts again" if counted[1] else "is suppressed"
    weight = other.severity if counted[1] else Severity.INFO
    reworded = one.message != other.message
    sides = _side(one, with_message=reworded), _side(other, with_message=reworded)
    what = f"{other.rule} {verb}: {other.message}"
    yield change(Topic.FINDING, other.rule, what, sides, weight, components=other.components)


def _one_sided(finding: Finding, holding: View, lacking: View, *, came: bool) -> Change:
    doubt = _doubt(finding, holding, lacking)
    side = _side(finding, with_message=False)
    sides = one_sided(side, came=came)
    weight = finding.severity if came and finding.suppressed is None else Severity.INFO
    what = f"{finding.rule}: {finding.message}"
    if doubt:
        what = f"{what} ({doubt})"
    turn = Turn.UNKNOWN if doubt else None
    return change(Topic.FINDING, finding.rule, what, sides, weight, turn=turn, components=finding.components)


def _doubt(finding: Finding, holding: View, lacking: View) -> str:
    """Return why it cannot be told whether the side that lacks a finding would have it."""
    if lacking.failed(finding.rule):
        return "the rule was not run on the other side"
    for known in finding.components:
        held, there = holding.components.get(known), lacking.components.get(known)
        if there is None:  # it came or went with its component
            reason = "" if held is None else lacking.lacks(held)
        elif held is not None and held.binary is not None and there.image_state in _UNREAD:
            reason = lacking.unread(held.binary.path) if lacking.one_place else "its file was not read"
        else:
            reason = ""
        if reason:
            return f"on the other side, {reason}"
    if finding.components:
        return ""
    unread = (lacking.unread(e.locator.path) for e in finding.evidence if e.locator.record is None)
    return next((f"on the other side, {reason}" for reason in unread if reason), "")


def _side(finding: Finding, *, with_message: bool) -> Side:
    place = finding.evidence[0].locator if finding.evidence else None
    counts = "" if finding.suppressed is None else f", suppressed: {finding.suppressed.reason}"
    message = f": {finding.message}" if with_message else ""
    return Side(f"{finding.severity}/{finding.confidence}{message}{counts}", place)


def coverage(old: View, new: View) -> Iterator[Change]:
    """Yield what can be read on one side alone, and where more or less is missing."""
    was, now = _folded(old), _folded(new)
    for key in sorted({*was, *now}):
        one, other = was.get(key), now.get(key)
        if one is not None and other is not None and one.count == other.count:
            continue
        held = other or one
        assert held is not None  # noqa: S101  the key came from one of them
        weight = Severity.INFO if other is None else Severity.LOW
        what = f"{held.subject}: {_verb(one, other)}"
        yield change(Topic.COVERAGE, held.subject, what, (_gap(one), _gap(other)), weight)


def _folded(view: View) -> dict[tuple[GapKind, str, str], Gap]:
    """Return the gaps of a side, those of the same thing for the same reason as one."""
    found: dict[tuple[GapKind, str, str], Gap] = {}
    for gap in sorted(view.report.gaps):
        key = gap.kind, view.path(gap.subject), gap.reason
        known = found.get(key)
        found[key] = gap if known is None else replace(known, count=known.count + gap.count)
    return found


def _verb(one: Gap | None, other: Gap | None) -> str:
    if one is None or other is None:
        return "not read" if one is None else "read, and was not before"
    return f"{'more' if other.count > one.count else 'less'} of it is not read"


def _gap(gap: Gap | None) -> Side | None:
    if gap is None:
        return None
    times = f" (x{gap.count:,})" if gap.count != 1 else ""
    return Side(f"{gap.kind}: {gap.reason}{times}")
