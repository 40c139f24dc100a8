"""Event logs alone: what they tell, and what the rules say of it."""

from collections.abc import Sequence
from dataclasses import replace

from iisight._version import __version__
from iisight.engine.hearing import Ask, hear
from iisight.engine.joining import Joiner, attributed
from iisight.engine.registry import Rule, Shape, all_rules
from iisight.engine.running import marked, run
from iisight.engine.settings import Settings
from iisight.engine.story import of_logs, timeline
from iisight.engine.weighing import weighed
from iisight.model.coverage import Gap
from iisight.model.progress import Progress
from iisight.model.report import SCHEMA_VERSION, Report
from iisight.rules._case import Case
from iisight.telemetry.interpret import Watch
from iisight.telemetry.logs import Log


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
    every = tuple(all_rules(Shape.EVENT, Shape.CASE) if rules is None else rules)
    hearing = hear(logs, asked, every, chosen, Watch(), progress or (lambda *_: None))
    hearing = replace(hearing, heard=attributed(hearing.heard, Joiner(()), chosen))
    own, unread = [rule for rule in every if rule.shape is not Shape.STATE], [*gaps, *hearing.gaps]
    case = Case(None, hearing.activities, hearing.logs, hearing.findings)
    correlated = [f for rule in own if rule.shape is Shape.CASE for f in run(rule, case, chosen, unread)]
    return Report(
        schema=SCHEMA_VERSION,
        version=__version__,
        evidence=name,
        sites=(),
        files=(),
        components=(),
        findings=tuple(marked((*case.findings, *correlated), chosen)),
        rules=(*(rule.info for rule in own), *hearing.rules),
        gaps=tuple(sorted(set(unread))),
        logs=hearing.logs,
        timeline=timeline(weighed(of_logs(hearing), marked(correlated, chosen))),
    )
