"""Run one check, and say what its points come to. No check passes, or fails by default, on what was not read."""

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from iisight.engine.registry import Rule
from iisight.engine.running import options_of
from iisight.engine.settings import Settings
from iisight.inventory.steps import guarded
from iisight.model.coverage import Gap
from iisight.model.posture import Answer, CheckInfo, CheckResult, Point, Reference
from iisight.rules.hardening._host import Host
from iisight.tables import rows

ORDER = tuple(Answer)
_UNSURE = frozenset({Answer.PASS, Answer.NOT_APPLICABLE})


def result_of(rule: Rule, host: Host, settings: Settings, gaps: list[Gap]) -> CheckResult:
    """Return what a check says of a host: the gravest of its points."""
    info = info_of(rule)
    points = tuple(points_of(rule, host, settings, gaps))
    return CheckResult(
        id=info.id,
        title=info.title,
        mitigation=info.mitigation,
        answer=points[0].answer,
        weight=info.weight,
        remedy=info.remedy,
        references=references_of(info),
        points=points,
    )


def points_of(rule: Rule, host: Host, settings: Settings, gaps: list[Gap]) -> list[Point]:
    """Return the points of a check, the gravest first, at least one.

    Where something that the check rests on was not read, what would be a pass is not known.
    """
    info, options = info_of(rule), options_of(rule, settings)
    failures = len(gaps)
    said = guarded(info.id, gaps, lambda: cast("Iterable[Point]", rule.check(host, options)))
    lacking = tuple(dict.fromkeys(what for needed in info.rests_on for what in host.lacks(needed)))
    if len(gaps) > failures:
        lacking = (*lacking, "the check itself, which failed")
    points = [_doubted(point, lacking) if lacking else point for point in said]
    if not points or (lacking and all(point.answer is not Answer.UNKNOWN for point in points)):
        points.append(Point(Answer.UNKNOWN, _nothing(points), missing=lacking or ("something to look at",)))
    return sorted(points, key=lambda point: ORDER.index(point.answer))


def info_of(rule: Rule) -> CheckInfo:
    """Return what a check says of itself; raises TypeError for a rule that is none."""
    if not isinstance(rule.info, CheckInfo):
        raise TypeError(f"{rule.name}: INFO of a check is a CheckInfo")
    return rule.info


def references_of(info: CheckInfo) -> tuple[Reference, ...]:
    """Return the references of a check; raises KeyError for one that the table does not have."""
    found = {row["id"]: row for row in rows("iisight.rules.hardening", "references")}
    return tuple(
        Reference(row["scheme"], f"{name} ({row['group']})" if row["group"] else name, row["title"])
        for name, row in ((name, found[name]) for name in info.references)
    )


def _doubted(point: Point, lacking: tuple[str, ...]) -> Point:
    if point.answer not in _UNSURE and not point.by_default:
        return point
    return replace(point, answer=Answer.UNKNOWN, message=f"as far as it was read, {point.message}", missing=lacking)


def _nothing(points: list[Point]) -> str:
    return "there may be more: not everything was read" if points else "the evidence does not tell"
