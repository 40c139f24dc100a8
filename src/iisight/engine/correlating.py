"""Sigma correlations of the user's: hits are kept until all logs are read, for logs do not come in order of time."""

from collections.abc import Iterable, Iterator

from iisight.engine.sigma_rules import info_of
from iisight.model.activity import Activity
from iisight.model.coverage import Gap, GapKind
from iisight.model.event import Event
from iisight.model.finding import Evidence, Finding
from iisight.rules._events import event_evidence
from iisight.sigma.correlation import CorrelationHit, Correlator
from iisight.sigma.rule import RuleSet

MAX_HITS = 200_000  # that are kept for correlation
MAX_EVIDENCE = 8


class Correlating:
    """The correlations of one run."""

    def __init__(self, rules: RuleSet) -> None:
        """Take the user's rules; those that a correlation is about are remembered when they hit."""
        self._rules = rules
        self._wanted = correlated(rules)
        self._hits: list[tuple[str, Event]] = []
        self._dropped = 0

    def watch(self, activities: Iterable[Activity]) -> Iterator[Activity]:
        """Pass activities on and remember the hits."""
        for activity in activities:
            for key in activity.sigma:
                if key in self._wanted:
                    self._keep(key, activity.event)
            yield activity

    def findings(self, gaps: list[Gap]) -> Iterator[Finding]:
        """Yield a finding for each correlation that holds; what could not be correlated is in the coverage."""
        if not self._rules.correlations:
            return
        correlator = Correlator(self._rules.correlations, self._rules.rules)
        for key, event in sorted(self._hits, key=order_of):
            yield from (finding_of(hit, self._rules) for hit in correlator.feed(key, event))
        yield from (finding_of(hit, self._rules) for hit in correlator.finish())
        dropped = correlator.dropped
        lost = self._dropped + dropped.untimed + dropped.groups + dropped.events
        if lost:
            reason = "hits without a time, or more than can be kept, were not correlated"
            gaps.append(Gap(GapKind.REFUSED, "Sigma correlations", reason, lost))

    def _keep(self, key: str, event: Event) -> None:
        if len(self._hits) < MAX_HITS:
            self._hits.append((key, event))
        else:
            self._dropped += 1


def correlated(rules: RuleSet) -> frozenset[str]:
    """Return the keys of the rules that correlations are about."""
    return frozenset(key for correlation in rules.correlations for key in correlation.rules)


def finding_of(hit: CorrelationHit, rules: RuleSet) -> Finding:
    """Return what a correlation that holds means."""
    correlation = next(c for c in rules.correlations if c.key == hit.key)
    info = info_of(correlation)
    group = f" for {', '.join(hit.group)}" if hit.group else ""
    return Finding(
        rule=info.id,
        message=f"{info.title}: {len(hit.events)} events within {correlation.seconds} s{group}",
        severity=info.severity,
        confidence=info.confidence,
        evidence=tuple(_evidence(event) for event in hit.events[:MAX_EVIDENCE]),
    )


def _evidence(event: Event) -> Evidence:
    return event_evidence(Activity(event))


def order_of(hit: tuple[str, Event]) -> tuple[float, str, str, int]:
    """Return what puts hits in the order of time."""
    key, event = hit
    stamp = 0.0 if event.time is None else event.time.timestamp()
    return stamp, key, event.locator.path, -1 if event.record is None else event.record
