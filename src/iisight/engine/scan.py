"""One scan: inventory, rules, suppression, verdicts, report."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from iisight._version import __version__
from iisight.engine.deep import Deep, look_deep
from iisight.engine.registry import Rule, Shape, all_rules
from iisight.engine.running import marked, run
from iisight.engine.settings import Settings
from iisight.engine.verdicts import judge
from iisight.evidence.source import Source
from iisight.examine.look import Look
from iisight.inventory.collect import collect
from iisight.inventory.expected import unresolved
from iisight.inventory.inventory import Inventory, Progress
from iisight.model.report import SCHEMA_VERSION, Application, FileRead, Report, Site


def scan(
    source: Source,
    settings: Settings | None = None,
    *,
    rules: Iterable[Rule] | None = None,
    progress: Progress | None = None,
    time: str | None = None,
    look: Look | None = None,
    deep: Deep | None = None,
) -> Report:
    """Return what is to be said about a source.

    `time` (ISO 8601) goes into the report. `look` says how binaries are examined; by default in worker processes.
    `deep` has capa look at those that are in doubt.
    """
    inventory = collect(source, progress, look or Look())
    report = report_on(inventory, settings or Settings(), tuple(rules or all_rules()), time=time)
    if deep is None:
        return report
    components, gaps = look_deep(report.components, source, deep, progress or (lambda *_: None))
    return replace(report, components=components, gaps=tuple(sorted({*report.gaps, *gaps})))


def report_on(inventory: Inventory, settings: Settings, rules: tuple[Rule, ...], *, time: str | None = None) -> Report:
    """Run the rules over an inventory and return the report."""
    gaps = list(inventory.gaps)
    state = (rule for rule in rules if rule.shape is Shape.STATE)
    order = marked((f for rule in state for f in run(rule, inventory, settings, gaps)), settings)
    return Report(
        schema=SCHEMA_VERSION,
        version=__version__,
        evidence=inventory.evidence,
        sites=tuple(_sites(inventory)),
        files=tuple(_files(inventory)),
        components=judge(inventory.components, order, settings),
        findings=tuple(order),
        rules=tuple(rule.info for rule in rules),
        gaps=tuple(sorted({*gaps, *unresolved(inventory.servers)})),
        time=time,
        mapping=inventory.mapping,
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
