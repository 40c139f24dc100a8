"""IIS139: an entry that is there twice, so that IIS cannot use its section."""

from collections.abc import Iterable, Iterator

from iisight.inventory.config.build import Server
from iisight.inventory.config.resolve import Change
from iisight.inventory.inventory import Inventory
from iisight.model.config import Problem
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding

INFO = RuleInfo(
    id="IIS139",
    title="Duplicate entry",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-03", "L-04", "L-06"),
    options={
        "sections": (
            *("system.webServer/globalModules", "system.webServer/modules", "system.webServer/handlers"),
            *("system.webServer/isapiFilters", "system.webServer/security/isapiCgiRestriction"),
            "system.web/httpModules",
        )
    },
)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield one finding for each duplicate, at the first place that it spoils."""
    sections = options["sections"]
    for server in inventory.servers:
        for section in sections if isinstance(sections, tuple) else (str(sections),):
            yield from _section(server, section)


def _section(server: Server, section: str) -> Iterator[Finding]:
    spoiled: dict[Problem, list[Change]] = {}
    for change in server.resolver.changes(section):
        for problem in change.after.problems[len(change.before.problems) :]:
            if problem.code == "duplicate-key":
                spoiled.setdefault(problem, []).append(change)
    for problem, changes in spoiled.items():
        scope = changes[0].node.scope
        more = f" and {len(changes) - 1} more places" if len(changes) > 1 else ""
        what = problem.message.partition(";")[0]
        message = f"{what} in {section} of {scope or 'the server'}{more}: requests there are answered with 500.19"
        yield finding(INFO, message, _places(problem, changes[0]), scope=scope)


def _places(problem: Problem, change: Change) -> Iterator[Evidence]:
    yield Evidence(problem.locator, "the second")
    lost = [d.entry for d in change.after.dropped]
    key = next((e.key for e in lost if e.locator == problem.locator), None)
    for entry in (*change.before.entries, *lost):
        if entry.key == key and entry.locator != problem.locator:
            yield Evidence(entry.locator, "the first")
            return
