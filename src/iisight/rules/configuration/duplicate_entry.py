"""IIS139: an entry that is there twice, so that IIS cannot use its section."""

from collections.abc import Iterable, Iterator, Sequence

from iisight.inventory.config.build import Server
from iisight.inventory.config.resolve import Change
from iisight.inventory.inventory import Inventory
from iisight.model.config import Problem
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
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
    spoiled: dict[Problem, list[str]] = {}
    first: dict[Problem, Locator | None] = {}
    for change in server.resolver.changes(section):
        new = [p for p in change.after.problems[len(change.before.problems) :] if p.code == "duplicate-key"]
        first |= {problem: place for problem, place in _firsts(new, change).items() if problem not in first}
        for problem in new:
            spoiled.setdefault(problem, []).append(change.node.scope)
    for problem, scopes in spoiled.items():
        more = f" and {len(scopes) - 1} more places" if len(scopes) > 1 else ""
        what = problem.message.partition(";")[0]
        message = f"{what} in {section} of {scopes[0] or 'the server'}{more}: requests there are answered with 500.19"
        place = first[problem]
        evidence = [Evidence(problem.locator, "the second"), *([Evidence(place, "the first")] if place else [])]
        yield finding(INFO, message, evidence, scope=scopes[0])


def _firsts(problems: Sequence[Problem], change: Change) -> dict[Problem, Locator | None]:
    """Return where the entry stands that each problem's entry repeats."""
    if not problems:
        return {}
    lost = [d.entry for d in change.after.dropped]
    keys = {entry.locator: entry.key for entry in lost}
    places: dict[str, Locator] = {}
    for entry in (*change.before.entries, *lost):
        places.setdefault(entry.key, entry.locator)
    return {problem: places.get(keys.get(problem.locator, "")) for problem in problems}
