"""Event logs alone: what they tell, and what the rules say of it."""

from collections.abc import Sequence

from iisight._version import __version__
from iisight.engine.hearing import Ask, Hearing, hear, infos
from iisight.engine.registry import Rule, Shape, all_rules
from iisight.engine.running import marked, run
from iisight.engine.settings import Settings
from iisight.engine.story import moment, residue_moment, timeline
from iisight.inventory.inventory import Progress
from iisight.model.coverage import Gap
from iisight.model.finding import Finding
from iisight.model.report import SCHEMA_VERSION, Report
from iisight.rules._case import Case
from iisight.telemetry.logs import Log
from iisight.telemetry.places import Watch


def hunt(
    name: str,
    logs: Sequence[Log],
    ask: Ask | None = None,
    settings: Settings | None = None,
    *,
    gaps: Sequence[Gap] = (),
    rules: Sequence[Rule] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Return what logs tell of changes to a web server; `name` is what they are called, `gaps` what was no log."""
    asked, chosen = ask or Ask(), settings or Settings()
    every = tuple(all_rules() if rules is None else rules)
    hearing = hear(logs, asked, every, chosen, Watch(), progress or (lambda *_: None))
    own = [rule for rule in every if rule.shape is not Shape.STATE]
    unread = [*gaps, *hearing.gaps]
    found = findings(hearing, own, chosen, unread)
    return Report(
        schema=SCHEMA_VERSION,
        version=__version__,
        evidence=name,
        sites=(),
        files=(),
        components=(),
        findings=tuple(found),
        rules=(*(rule.info for rule in own), *infos(asked.rules)),
        gaps=tuple(sorted(set(unread))),
        logs=hearing.logs,
        timeline=timeline([*map(moment, hearing.heard), *map(residue_moment, hearing.residues)]),
    )


def findings(hearing: Hearing, rules: Sequence[Rule], settings: Settings, gaps: list[Gap]) -> list[Finding]:
    """Return what rules about events and about all events together say, the gravest first."""
    heard = [f for h in hearing.heard for f in h.findings]
    case = Case(None, tuple(h.activity for h in hearing.heard), hearing.logs, (*heard, *hearing.findings))
    correlated = [f for rule in rules if rule.shape is Shape.CASE for f in run(rule, case, settings, gaps)]
    return marked((*case.findings, *correlated), settings)
