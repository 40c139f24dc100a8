"""IIS506: copies of the configuration's history are missing, or the history ended before the configuration did."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

from iisight.inventory.past import History, Snapshot
from iisight.model.activity import Act, Activity
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._case import Case
from iisight.rules._common import Options, finding, number_of
from iisight.rules._events import by_whom, event_evidence
from iisight.rules.correlation._joins import acts

INFO = RuleInfo(
    id="IIS506",
    title="Configuration history thinned out",
    severity=Severity.INFO,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1070.004"),
    options={"hours": 24},
)
_FOLDER = "\\cfghistory_"


def check(case: Case, options: Options) -> Iterable[Finding]:
    """Yield what is missing in a history, and that it ended."""
    if case.inventory is None:
        return
    deleted = [a for a, action in acts(case, Act.DELETE) if _FOLDER in action.subject.lower()]
    for history in case.histories:
        yield from _missing(history, deleted)
        yield from _ended(history, deleted, timedelta(hours=number_of(options, "hours")))


def _missing(history: History, deleted: list[Activity]) -> Iterator[Finding]:
    """Yield the numbers that are missing between others: the service deletes the oldest, never one in between."""
    gaps = [(a, b) for a, b in pairwise(history.numbered) if (b.number or 0) - (a.number or 0) > 1]
    if not gaps:
        return
    count = sum((b.number or 0) - (a.number or 0) - 1 for a, b in gaps)
    named = ", ".join(f"between {a.name} and {b.name}" for a, b in gaps[:3])
    copies = "copy of the configuration is" if count == 1 else "copies of the configuration are"
    yield _finding(f"{count:,} {copies} missing {named}", [s for gap in gaps for s in gap], deleted)


def _ended(history: History, deleted: list[Activity], most: timedelta) -> Iterator[Finding]:
    """Yield that the newest copy is older than the configuration by far: a copy comes two minutes after a change."""
    if not history.numbered:
        return
    newest, now = history.numbered[-1], history.snapshots[-1]
    if newest.time is None or now.time is None or now.time - newest.time <= most or _is_off(history):
        return
    text = (
        f"the newest copy of the configuration, {newest.dated}, is older than the configuration in force"
        f" ({now.time:%Y-%m-%d %H:%M:%SZ}): later copies were deleted, or the history was not written any more"
    )
    yield _finding(text, [newest, now], deleted, Severity.LOW)


def _is_off(history: History) -> bool:
    """Tell whether the configuration itself says that there is no history."""
    root = history.in_force.root
    for name in ("system.applicationHost", "configHistory"):
        root = root.child(name) if root is not None else None
    return root is not None and root.get("enabled").lower() == "false"


def _finding(
    text: str, snapshots: list[Snapshot], deleted: list[Activity], severity: Severity = INFO.severity
) -> Finding:
    evidence = [Evidence(s.locator, s.dated) for s in snapshots[:4]]
    if not deleted:
        return finding(INFO, text, evidence, severity=severity)
    evidence += [event_evidence(a) for a in deleted[:3]]
    said = f"{text}; copies were deleted{by_whom(deleted[0].actor)}"
    return finding(INFO, said, evidence, severity=Severity.MEDIUM)
