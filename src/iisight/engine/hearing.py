"""Read event logs and hear what they tell: activities, findings about them, and how much was read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from iisight.engine.correlating import Correlating
from iisight.engine.listening import Heard, listen
from iisight.engine.origins import Origins, known_of, sought
from iisight.engine.registry import Rule
from iisight.engine.settings import Settings
from iisight.engine.sigma_rules import check_of, info_of, shipped
from iisight.model.activity import Activity
from iisight.model.coverage import Gap, GapKind
from iisight.model.event import Event, Residue
from iisight.model.finding import Finding
from iisight.model.progress import Progress
from iisight.model.rule import RuleInfo
from iisight.model.story import LogRead
from iisight.sigma.rule import RuleSet
from iisight.telemetry.gather import Gathering
from iisight.telemetry.interpret import Watch
from iisight.telemetry.logs import Log
from iisight.telemetry.scripts import joined, unread
from iisight.telemetry.search import Search, Window
from iisight.telemetry.seek import seek
from iisight.telemetry.sift import Sifter

USER_GROUP = "events"  # the group whose rules are given activities


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of event logs, besides iisight's own rules."""

    rules: RuleSet = field(default_factory=RuleSet)  # Sigma rules of the user's
    window: Window = field(default_factory=Window)
    workers: int | None = None  # processes; None: as many as pay
    prefilter: bool = True


@dataclass(frozen=True, slots=True)
class Hearing:
    """What logs told."""

    heard: tuple[Heard, ...] = ()
    logs: tuple[LogRead, ...] = ()
    gaps: tuple[Gap, ...] = ()
    residues: tuple[Residue, ...] = ()
    correlations: tuple[Finding, ...] = ()  # of the user's correlation rules
    rules: tuple[RuleInfo, ...] = ()  # the user's

    @property
    def activities(self) -> tuple[Activity, ...]:
        """Return what was done, in the order of time."""
        return tuple(h.activity for h in self.heard)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was found in single events and in several together."""
        return (*(f for h in self.heard for f in h.findings), *self.correlations)


def hear(
    logs: Sequence[Log], ask: Ask, rules: Sequence[Rule], settings: Settings, watch: Watch, progress: Progress
) -> Hearing:
    """Return what logs tell; what could not be read of them, and what could not be asked, is in `gaps`."""
    gaps = [Gap(GapKind.FAILED, item.name, f"not evaluated: {item.reason}") for item in ask.rules.not_evaluated]
    search = Search((*shipped(), *ask.rules.rules), watch, ask.window, ask.prefilter)
    gathering = Gathering(logs, search, ask.workers, progress)
    correlating = Correlating(ask.rules)
    activities = correlating.watch(joined(gathering.activities(), _understanding(search, gaps)))
    heard = listen(activities, (*rules, *user_rules(ask.rules)), settings, gaps)
    found = tuple(correlating.findings(gaps))
    asked = sought(heard)
    gaps += seek(logs, asked, progress)
    origins = Origins(known_of(heard, asked))
    heard = tuple(map(origins.told, heard))
    unread = (*gaps, *gathering.gaps)
    return Hearing(heard, gathering.read, unread, gathering.residues, found, tuple(infos(ask.rules)))


def _understanding(search: Search, gaps: list[Gap]) -> Callable[[Event], Activity | None]:
    """Return what understands a script that was put together again; one that is too long is told."""
    sifter = Sifter(search)

    def understand(event: Event) -> Activity | None:
        if reason := unread(event):
            gaps.append(Gap(GapKind.REFUSED, str(event.locator), reason))
        return sifter.activity(event)

    return understand


def user_rules(rules: RuleSet) -> tuple[Rule, ...]:
    """Return the user's Sigma rules as rules of iisight; correlations are told by themselves."""
    return tuple(Rule(info_of(rule), rule.name or rule.key, USER_GROUP, check_of(rule)) for rule in rules.rules)


def infos(rules: RuleSet) -> Iterator[RuleInfo]:
    """Yield what the user's rules say of themselves."""
    yield from map(info_of, rules.rules)
    yield from map(info_of, rules.correlations)
