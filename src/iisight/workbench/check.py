"""Run a rule's page: every case against its server, every house rule against the page."""

import re
from collections.abc import Iterable, Iterator

from iisight.engine.registry import Rule, Shape
from iisight.engine.sigma_rules import shipped
from iisight.evidence.memory import memory_source
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.examine.yara import compile_rules
from iisight.inventory.collect import collect
from iisight.inventory.machine import Machine
from iisight.inventory.past import histories
from iisight.model.activity import Activity
from iisight.model.finding import Finding
from iisight.model.story import LogRead
from iisight.rules._case import Case as RuleCase
from iisight.telemetry.scripts import joined
from iisight.telemetry.search import Search
from iisight.telemetry.sift import Sifter, Tally
from iisight.workbench.certificates import test_roots, test_thumbprints
from iisight.workbench.event_blocks import events_of
from iisight.workbench.pages import Case, PageError, files_of, parse_listing, parse_page, times_of
from iisight.workbench.process_blocks import processes_of

_ID = re.compile(r"IIS[1-59]\d\d")
_ATTACK = re.compile(r"[TM]\d{4}(?:\.\d{3})?")


def check_rule(rule: Rule) -> Iterator[str]:
    """Yield what is wrong with a rule or its page; nothing when all is well."""
    yield from _house_rules(rule)
    if rule.shape is Shape.HARDENING:
        from iisight.workbench.check_hardening import check_page

        yield from check_page(rule)
        return
    try:
        page = parse_page(rule.page())
    except (PageError, OSError) as error:
        yield str(error)
        return
    if rule.info.id not in page.title:
        yield f"the page's title does not name {rule.info.id}"
    if not any(c.fires for c in page.cases) or all(c.fires for c in page.cases):
        yield "the page needs a case that fires and one that stays quiet"
    for technique in rule.info.attack:
        if technique not in page.sections["ATT&CK"]:
            yield f"section ATT&CK does not name {technique}"
    if "`" not in page.sections["What to do next"]:
        yield "section 'What to do next' gives no exact command"
    for case in page.cases:
        yield from check_case(rule, case)


def check_case(rule: Rule, case: Case) -> Iterator[str]:
    """Yield how what the rule says of a case differs from what its page expects."""
    try:
        said = sorted(_line(f) for f in findings_of(rule, case))
    except PageError as error:
        yield str(error)
        return
    expected = list(case.expected)
    yield from (f"case '{case.title}': missing: {line}" for line in expected if line not in said)
    yield from (f"case '{case.title}': unexpected: {line}" for line in said if line not in expected)
    if len(said) != len(set(said)):
        yield f"case '{case.title}': the same thing is said twice"


def findings_of(rule: Rule, case: Case) -> list[Finding]:
    """Return what a rule says of a case's server, or of its events."""
    options = {k: v for b in case.blocks if b.action == "options" for k, v in parse_listing(b.body).items()}
    given = {**rule.info.options, **options}
    return [f for subject in _subjects(rule, case) for f in rule.check(subject, given)]


def _subjects(rule: Rule, case: Case) -> Iterator[object]:
    """Yield what the rule's shape asks for."""
    activities = () if rule.shape is Shape.STATE else tuple(_activities(case))
    if rule.shape is Shape.EVENT:
        yield from activities
        return
    files = files_of(case)
    source = memory_source(files, case.title, times_of(case, files))
    inventory = collect(source, look=look_at(case), machine=Machine(processes=processes_of(case.blocks)))
    if rule.shape is Shape.STATE:
        yield inventory
    else:
        yield RuleCase(inventory, activities, _logs(activities), histories=histories(inventory))


def _activities(case: Case) -> Iterator[Activity]:
    """Yield what the events of a case tell, as a hunt would."""
    sifter = Sifter(Search(shipped(), prefilter=False))
    yield from joined(sifter.events(events_of(case.blocks), Tally()), sifter.activity)


def _logs(activities: Iterable[Activity]) -> tuple[LogRead, ...]:
    """Return the logs that the events stand in."""
    found: dict[str, list[Activity]] = {}
    for activity in activities:
        found.setdefault(activity.event.locator.path, []).append(activity)
    return tuple(_log(path, held) for path, held in sorted(found.items()))


def _log(path: str, held: list[Activity]) -> LogRead:
    times = sorted(a.event.time for a in held if a.event.time is not None)
    channels = tuple(sorted({a.event.channel for a in held}))
    return LogRead(path, "evtx", channels, len(held), 0, times[0] if times else None, times[-1] if times else None)


def look_at(case: Case) -> Look:
    """Return how the binaries of a case are examined: in this process, for they are inert."""
    texts = [(b.argument, b.body) for b in case.blocks if b.action == "yara"]
    setup = Setup(roots=test_roots(), microsoft=test_thumbprints(), rules=compile_rules(texts) if texts else None)
    return Look(setup, workers=0)


def _line(finding: Finding) -> str:
    return f"{finding.severity}/{finding.confidence}: {finding.message}"


def _house_rules(rule: Rule) -> Iterator[str]:
    info = rule.info
    if not _ID.fullmatch(info.id):
        yield f"id '{info.id}' is not of the form IIS1xx"
    if info.title[:1].islower() or info.title.endswith("."):
        yield "the title is a noun phrase: first letter upper-case, no full stop"
    if not info.attack or not all(_ATTACK.fullmatch(t) for t in info.attack):
        yield "attack needs ATT&CK ids such as T1505.004"
