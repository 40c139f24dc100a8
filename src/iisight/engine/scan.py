"""One scan: inventory, rules, suppression, verdicts, report."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from iisight._version import __version__
from iisight.engine import past
from iisight.engine.deep import Deep, look_deep
from iisight.engine.following import followed
from iisight.engine.hearing import Ask, Hearing, hear
from iisight.engine.joining import Joiner, attributed
from iisight.engine.registry import LOOKING, Rule, Shape, all_rules
from iisight.engine.running import marked, run
from iisight.engine.settings import Settings
from iisight.engine.story import of_logs, timeline, with_stories
from iisight.engine.verdicts import judge
from iisight.engine.weighing import weighed
from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.examine.look import Look
from iisight.inventory.collect import collect
from iisight.inventory.expected import unresolved
from iisight.inventory.inventory import Inventory
from iisight.inventory.machine import Machine
from iisight.inventory.memory import Memory
from iisight.inventory.past import histories
from iisight.inventory.stated import MAX_STATED, stated
from iisight.model.coverage import Gap, GapKind
from iisight.model.progress import Progress
from iisight.model.report import SCHEMA_VERSION, Application, FileRead, Report, Site
from iisight.rules._case import Case
from iisight.telemetry.interpret import Watch
from iisight.telemetry.logs import Log, logs_of


def scan(  # noqa: PLR0913  keywords of the public entry
    source: Source,
    settings: Settings | None = None,
    *,
    rules: Iterable[Rule] | None = None,
    progress: Progress | None = None,
    time: str | None = None,
    look: Look | None = None,
    deep: Deep | None = None,
    ask: Ask | None = None,
    machine: Machine | None = None,
) -> Report:
    """Return what is to be said about a source.

    `time` (ISO 8601) goes into the report. `look` says how binaries are examined; by default in worker processes.
    `deep` has capa look at those that are in doubt. `ask` says what is asked of the event logs in the source. `machine`
    is what is known of the machine beside its files.
    """
    return scanned(
        source, settings, rules=rules, progress=progress, time=time, look=look, deep=deep, ask=ask, machine=machine
    )[1]


def scanned(  # noqa: PLR0913  as `scan`
    source: Source,
    settings: Settings | None = None,
    *,
    rules: Iterable[Rule] | None = None,
    progress: Progress | None = None,
    time: str | None = None,
    look: Look | None = None,
    deep: Deep | None = None,
    ask: Ask | None = None,
    machine: Machine | None = None,
    memory: Memory | None = None,
    logs: Iterable[Log] = (),
) -> tuple[Inventory, Report]:
    """Return the inventory besides; `memory` has what an earlier run read, `logs` are read with those of the source."""
    chosen, every, show = settings or Settings(), tuple(rules or all_rules(*LOOKING)), progress or (lambda *_: None)
    inventory = collect(source, show, look or Look(), machine, memory)
    hearing = _hear((*logs_of(source), *logs), ask or Ask(), every, chosen, watch_of(inventory), show)
    report = report_on(inventory, chosen, every, time=time, hearing=hearing)
    if deep is not None:
        components, gaps = look_deep(report.components, source, deep, show)
        report = replace(report, components=components, gaps=tuple(sorted({*report.gaps, *gaps})))
    return inventory, report


def _hear(
    found: Iterable[Log | Gap], ask: Ask, rules: tuple[Rule, ...], settings: Settings, watch: Watch, progress: Progress
) -> Hearing | None:
    """Return what event logs tell, None when there are none."""
    found = list(found)
    logs = [log for log in found if isinstance(log, Log)]
    gaps = tuple(gap for gap in found if isinstance(gap, Gap))
    if not logs:
        return Hearing(gaps=gaps) if gaps else None
    hearing = hear(logs, ask, rules, settings, watch, progress)
    return replace(hearing, gaps=(*gaps, *hearing.gaps))


def watch_of(inventory: Inventory) -> Watch:
    """Return what logs may tell of besides what always matters: the files of components, and web roots."""
    files = (b.path for c in inventory.components for b in (c.binary, c.twin) if b is not None)
    images = (c.image for c in inventory.components if c.image)
    names = {paths.basename(path).lower() for path in (*files, *images)}
    roots = {s.expand(app.physical_path) for s in inventory.servers for app in s.apps if app.physical_path}
    return Watch(frozenset(names), tuple(sorted(roots)))


def report_on(
    inventory: Inventory,
    settings: Settings,
    rules: tuple[Rule, ...],
    *,
    time: str | None = None,
    hearing: Hearing | None = None,
) -> Report:
    """Run the rules over an inventory, and over what its event logs tell, and return the report."""
    told = Hearing() if hearing is None else hearing
    joiner, before = Joiner(inventory.components), histories(inventory)
    told = replace(told, heard=followed(attributed(told.heard, joiner, settings)))
    gaps = [*inventory.gaps, *told.gaps]
    looking = (r for r in rules if r.shape is not Shape.HARDENING)
    ran = [r for r in looking if hearing is not None or r.shape is not Shape.EVENT]
    state = [f for r in ran if r.shape is Shape.STATE for f in run(r, inventory, settings, gaps)]
    case = Case(inventory, told.activities, told.logs, (*state, *told.findings), before)
    correlated = [f for r in ran if r.shape is Shape.CASE for f in run(r, case, settings, gaps)]
    order = marked((*case.findings, *correlated), settings)
    judged = judge(inventory.components, order, settings)
    tales = [*of_logs(told), *past.of_history(before, joiner, told.logs), *past.of_files(judged, inventory)]
    tales = list(weighed(tales, marked(correlated, settings)))
    said, refused = stated(inventory.servers, inventory.components)
    if refused:
        reason = f"more than {MAX_STATED:,} elements; the rest is not compared with other reports"
        gaps.append(Gap(GapKind.REFUSED, "configuration", reason, refused))
    return Report(
        schema=SCHEMA_VERSION,
        version=__version__,
        evidence=inventory.evidence,
        sites=tuple(_sites(inventory)),
        files=tuple(_files(inventory)),
        components=with_stories(judged, tales),
        findings=tuple(order),
        rules=(*(rule.info for rule in ran), *told.rules),
        gaps=tuple(sorted({*gaps, *unresolved(inventory.servers)})),
        logs=told.logs,
        timeline=timeline(tales),
        time=time,
        mapping=inventory.mapping,
        stated=tuple(said),
    )


def _sites(inventory: Inventory) -> Iterator[Site]:
    for server in (s for s in inventory.servers if s.in_force):
        bindings = server.bindings()
        sites: dict[str, list[Application]] = {}
        for app in server.apps:
            application = Application(app.path, app.pool, server.expand(app.physical_path))
            sites.setdefault(app.site, []).append(application)
        for name, applications in sites.items():
            yield Site(name, bindings.get(name, ()), tuple(applications))


def _files(inventory: Inventory) -> Iterator[FileRead]:
    for role, document in inventory.documents:
        malformed = any(problem.code != "doctype" for problem in document.problems)
        yield FileRead(document.path, document.origin, role, malformed)
