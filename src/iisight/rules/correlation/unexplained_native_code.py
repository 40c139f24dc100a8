"""IIS505: the copies of the configuration show native code that came alone, and no event tells of it."""

from collections.abc import Iterable

from iisight.inventory.past import Change, History, How
from iisight.model.activity import Act
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._case import Case
from iisight.rules._common import Options, Place, finding, number_of, place_of
from iisight.rules.correlation._joins import acts, components_of, covers, file_of, is_exposed, standing

INFO = RuleInfo(
    id="IIS505",
    title="Native code that came alone",
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-06"),
    attack=("T1505.004",),
    options={"names": 1},
)
_NATIVE = ("system.webServer/globalModules", "system.webServer/isapiFilters")


def check(case: Case, options: Options) -> Iterable[Finding]:
    """Yield the native modules and filters that came by themselves, between two copies."""
    for history in case.histories:
        for change in standing(history):
            is_alone = change.row.section in _NATIVE and _is_alone(history, change, number_of(options, "names"))
            if is_alone and not _is_explained(case, change):
                yield _finding(case, change)


def _is_alone(history: History, change: Change, most: int) -> bool:
    """Tell whether no more than so many names came between the same two copies: a product brings several."""
    names = {
        c.row.name.casefold()
        for c in history.changes
        if c.how is not How.WENT and c.newer is change.newer and c.row.section.startswith("system.webServer/")
    }
    return len(names) <= most


def _is_explained(case: Case, change: Change) -> bool:
    """Tell whether its place, or an event, explains it; where the log covers the time, IIS501 speaks."""
    code = change.row.code
    if "\\" in code and place_of(file_of(code)) is Place.PROGRAMS:
        return True
    start, end = change.older.time, change.newer.time
    if start is not None and end is not None and covers(case, start, end):
        return True
    name = change.row.name.casefold()
    return any(
        action.name.casefold() == name or file_of(action.code) == file_of(code)
        for _, action in acts(case, Act.REGISTER)
    )


def _finding(case: Case, change: Change) -> Finding:
    row = change.row
    came = "came" if change.how is How.CAME else "was changed"
    text = (
        f"'{row.name}' ({row.code}) {came} alone in {row.section} between {change.older.dated} and"
        f" {change.newer.dated}; no event tells by whom"
    )
    evidence = [Evidence(row.locator, f"{row.section}: {row.code}"), Evidence(change.older.locator, "the copy before")]
    severity = Severity.LOW if is_exposed(row.code) else None
    return finding(INFO, text, evidence, *components_of(case, row), severity=severity)
