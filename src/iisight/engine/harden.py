"""One look at how a server stands: inventory, what protects it, checks, score, the changes that gain most."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from iisight._version import __version__
from iisight.engine.answers import result_of
from iisight.engine.could_tell import coverage_of
from iisight.engine.registry import LOOKING, Rule, Shape, all_rules
from iisight.engine.settings import Settings
from iisight.evidence.source import Source
from iisight.examine.look import Look
from iisight.inventory.collect import collect
from iisight.inventory.inventory import Inventory
from iisight.inventory.machine import Machine
from iisight.inventory.protection import protection_of
from iisight.inventory.registry import find_registry
from iisight.model.acl import Acls
from iisight.model.coverage import Gap, GapKind
from iisight.model.posture import (
    MITIGATIONS,
    POSTURE_SCHEMA,
    Answer,
    Change,
    CheckResult,
    Posture,
    Score,
)
from iisight.model.progress import Progress
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._installers import install_rows, left_out

CHANGES_FIRST = 3


def harden(  # noqa: PLR0913  keywords of the public entry
    source: Source,
    settings: Settings | None = None,
    *,
    machine: Machine | None = None,
    acls: Acls | None = None,
    checks: Iterable[Rule] | None = None,
    progress: Progress | None = None,
    time: str | None = None,
    look: Look | None = None,
) -> Posture:
    """Return how a server stands, as `hardened` does."""
    return hardened(
        source,
        settings,
        machine=machine,
        acls=acls,
        checks=checks,
        progress=progress,
        time=time,
        look=look,
    )[1]


def hardened(  # noqa: PLR0913  as `harden`
    source: Source,
    settings: Settings | None = None,
    *,
    machine: Machine | None = None,
    acls: Acls | None = None,
    checks: Iterable[Rule] | None = None,
    progress: Progress | None = None,
    time: str | None = None,
    look: Look | None = None,
) -> tuple[Host, Posture]:
    """Return the server under check, and how it stands.

    `machine` and `acls` are what a live host says beside its files; else hives and exports of the evidence are taken.
    `look` says how binaries are examined, `time` (ISO 8601) goes into the document.
    """
    show, gaps, known = progress or (lambda *_: None), list[Gap](), machine or Machine()
    found = find_registry(source, gaps) if known.registry is None else ("", known.registry)
    held = None if found is None else found[1]
    close = replace(look or Look(), libraries=True)
    inventory = collect(source, show, close, replace(known, registry=held))
    host = Host(inventory, protection_of(source, inventory, held, gaps, acls))
    gaps.extend(host.others)
    chosen = tuple(all_rules(Shape.HARDENING) if checks is None else checks)
    return host, posture_of(host, settings or Settings(), chosen, gaps, time=time)


def posture_of(
    host: Host, settings: Settings, checks: Iterable[Rule], gaps: list[Gap], *, time: str | None = None
) -> Posture:
    """Run the checks over a host and return what they come to."""
    results = tuple(result_of(rule, host, settings, gaps) for rule in checks)
    inventory: Inventory = host.inventory
    if more := left_out(host):
        gaps.append(Gap(GapKind.REFUSED, "applications", "more than the table of installers takes", more))
    return Posture(
        posture=POSTURE_SCHEMA,
        version=__version__,
        evidence=inventory.evidence,
        mapping=inventory.mapping,
        checks=results,
        scores=tuple(_scores(results)),
        first=tuple(first_changes(results)),
        installs=tuple(install_rows(host)),
        coverage=tuple(coverage_of(all_rules(*LOOKING), host)),
        gaps=tuple(sorted({*inventory.gaps, *gaps})),
        time=time,
    )


def first_changes(results: Iterable[CheckResult], most: int = CHANGES_FIRST) -> Iterator[Change]:
    """Yield the changes that gain most points; of two that gain the same the one of the lower id."""
    failing = sorted((r for r in results if r.answer is Answer.FAIL), key=lambda r: (-r.weight, r.id))
    for result in failing[:most]:
        yield Change(result.id, result.remedy, result.weight, result.points[0].message)


def _scores(results: tuple[CheckResult, ...]) -> Iterator[Score]:
    for mitigation, title in MITIGATIONS.items():
        own = [r for r in results if r.mitigation == mitigation]
        lost = sorted((r for r in own if r.answer in {Answer.FAIL, Answer.UNKNOWN}), key=lambda r: (-r.weight, r.id))
        points = {answer: sum(r.weight for r in own if r.answer is answer) for answer in Answer}
        yield Score(
            mitigation,
            title,
            earned=points[Answer.PASS],
            failed=points[Answer.FAIL],
            unknown=points[Answer.UNKNOWN],
            reasons=tuple(f"{r.id} {r.answer}: {r.title}" for r in lost),
        )
