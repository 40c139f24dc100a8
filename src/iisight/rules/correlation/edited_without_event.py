"""IIS501: code came into the configuration while its log was on, and no event tells of it: the file was edited."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.past import Change
from iisight.model.activity import Act, Activity
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._case import Case
from iisight.rules._common import Options, finding
from iisight.rules._events import by_whom, event_evidence
from iisight.rules.correlation._joins import (
    SLACK,
    acts,
    components_of,
    covers,
    file_of,
    is_exposed,
    is_one_host,
    standing,
)

INFO = RuleInfo(
    id="IIS501",
    title="Configuration edited without an event",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=(),
    attack=("T1505.004", "T1562.002"),
)


def check(case: Case, options: Options) -> Iterable[Finding]:
    """Yield the rows of the configuration in force that came in past its log."""
    if case.inventory is None or not is_one_host(case):
        return
    for history in case.histories:
        groups: dict[tuple[str, int], list[Change]] = {}
        for change in standing(history):
            if _is_unheard(case, change):
                code = file_of(change.row.code) or change.row.code.casefold()
                groups.setdefault((code, id(change.newer)), []).append(change)
        yield from (_finding(case, group) for group in groups.values())


def _is_unheard(case: Case, change: Change) -> bool:
    start, end = change.older.time, change.newer.time
    if start is None or end is None or not covers(case, start, end):
        return False
    return not any(
        a.event.time is not None and start - SLACK <= a.event.time <= end + SLACK and _may_be(change, a)
        for a, _ in acts(case, Act.REGISTER, Act.CONFIGURE, Act.RESTORE, Act.INSTALL)
    )


def _may_be(change: Change, activity: Activity) -> bool:
    """Tell whether an activity can be what changed a row: it names it, or replaced the configuration as a whole."""
    row = change.row
    for action in activity.actions:
        if action.act in (Act.RESTORE, Act.INSTALL):
            return True
        names = {action.name.casefold(), action.code.casefold(), action.new.casefold()} - {""}
        if names & {row.name.casefold(), row.code.casefold()} or (not names and action.section == row.section):
            return True
    return False


def _finding(case: Case, group: list[Change]) -> Finding:
    """Return what is to be said of the rows of one code that came between the same copies."""
    change = min(group, key=lambda c: c.row.name == c.row.code)  # one that has a name of its own
    row = change.row
    writers = [a for a in _writers(case, change) if not a.actor.installer]
    by = by_whom(writers[-1].actor) if writers else ""
    sections = " and ".join(dict.fromkeys(c.row.section for c in group))
    text = (
        f"'{row.name}' ({row.code}) came into {sections} between {change.older.dated} and {change.newer.dated}"
        f" while the configuration's log was on, and no event tells of it: the file was edited directly{by}"
    )
    evidence = [Evidence(c.row.locator, f"{c.row.section}: {c.row.code}") for c in group[:3]]
    evidence += [Evidence(change.older.locator, "not there yet"), *(event_evidence(a) for a in writers[-3:])]
    components = dict.fromkeys(found for c in group for found in components_of(case, c.row))
    confidence = Confidence.MEDIUM if is_exposed(row.code) else None
    return finding(INFO, text, evidence, *components, confidence=confidence)


def _writers(case: Case, change: Change) -> Iterator[Activity]:
    """Yield who wrote the file in the meantime."""
    start, end = change.older.time, change.newer.time
    for activity, action in acts(case, Act.WRITE):
        time, name = activity.event.time, paths.basename(action.subject).lower()
        in_time = time is not None and start is not None and end is not None and start <= time <= end + SLACK
        if in_time and name == "applicationhost.config":
            yield activity
