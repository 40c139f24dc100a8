"""Run the page of a check of hardening: every case against its server, every house rule against the page."""

from collections.abc import Iterator

from iisight.engine.answers import info_of, points_of, references_of
from iisight.engine.registry import Rule
from iisight.engine.settings import Settings
from iisight.evidence.memory import memory_source
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.inventory.collect import collect
from iisight.inventory.machine import Machine
from iisight.inventory.protection import protection_of
from iisight.inventory.registry import find_registry
from iisight.model.coverage import Gap
from iisight.model.posture import MITIGATIONS, Point
from iisight.rules.hardening._host import Host
from iisight.workbench.certificates import test_roots, test_thumbprints
from iisight.workbench.pages import Case, Page, PageError, files_of, parse_check_page, parse_listing, times_of

_ANSWERS = {"Fails": "fail", "Passes": "pass", "Unknown": "unknown"}


def check_page(rule: Rule) -> Iterator[str]:
    """Yield what is wrong with a check or its page; nothing when all is well."""
    try:
        info, page = info_of(rule), parse_check_page(rule.page())
    except (PageError, TypeError, OSError) as error:
        yield str(error)
        return
    if info.id not in page.title:
        yield f"the page's title does not name {info.id}"
    if info.mitigation not in MITIGATIONS:
        yield f"mitigation '{info.mitigation}' is none of {', '.join(MITIGATIONS)}"
    yield from _references(rule, page)
    for section, answer in _ANSWERS.items():
        if not any(case.section == section for case in page.cases):
            yield f"the page needs a case under '{section}': one that is answered {answer}"
    if "`" not in page.sections["What to do next"]:
        yield "section 'What to do next' gives no exact command"
    for case in page.cases:
        yield from _check_case(rule, case)


def host_of(case: Case) -> tuple[Host, list[Gap]]:
    """Return the server of a case, and what could not be read of what protects it. Raises PageError."""
    files, gaps = files_of(case), list[Gap]()
    source = memory_source(files, case.title, times_of(case, files))
    found = find_registry(source, gaps)
    registry = None if found is None else found[1]
    look = Look(Setup(roots=test_roots(), microsoft=test_thumbprints()), workers=0, libraries=True)
    inventory = collect(source, look=look, machine=Machine(registry))
    return Host(inventory, protection_of(source, inventory, registry, gaps)), gaps


def line_of(point: Point) -> str:
    """Return a point as a page has it: `answer: message; needed: …`."""
    needed = f"; needed: {'; '.join(point.missing)}" if point.missing else ""
    return f"{point.answer}: {point.message}{needed}"


def _references(rule: Rule, page: Page) -> Iterator[str]:
    info = info_of(rule)
    for name in (info.mitigation, *info.references):
        if name not in page.sections["References"]:
            yield f"section References does not name {name}"
    try:
        references_of(info)
    except KeyError as error:
        yield f"reference {error} is not in data/references.csv, and so nobody has confirmed it"


def _check_case(rule: Rule, case: Case) -> Iterator[str]:
    options = {k: v for b in case.blocks if b.action == "options" for k, v in parse_listing(b.body).items()}
    typed = {k: int(str(v)) if isinstance(rule.info.options.get(k), int) else str(v) for k, v in options.items()}
    try:
        host, gaps = host_of(case)
        points = points_of(rule, host, Settings(options={rule.info.id: typed}), gaps)
    except PageError as error:
        yield str(error)
        return
    said, expected = sorted(map(line_of, points)), list(case.expected)
    yield from (f"case '{case.title}': missing: {line}" for line in expected if line not in said)
    yield from (f"case '{case.title}': unexpected: {line}" for line in said if line not in expected)
    if points[0].answer != _ANSWERS[case.section]:
        yield f"case '{case.title}' is under '{case.section}' and is answered {points[0].answer}"
