"""IIS503: a file was written and registered as a component soon after; or registered, and then given another time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.component import Component
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._case import Case
from iisight.rules._common import Options, finding, number_of
from iisight.rules._events import by_whom, event_evidence
from iisight.rules.correlation._joins import acts, file_of, is_exposed, is_same

INFO = RuleInfo(
    id="IIS503",
    title="Component dropped and registered in one go",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=(),
    attack=("T1505.004", "T1070.006"),
    options={"minutes": 60, "retimed_hours": 24},
)
_WORKER = "w3wp.exe"


@dataclass(frozen=True, slots=True)
class _Pair:
    """What happened to a file, and its registration."""

    file: Activity
    registration: Activity
    action: Action
    seconds: int  # from the first to the second


def check(case: Case, options: Options) -> Iterable[Finding]:
    """Yield a finding for each file, the closest pair of acts."""
    minutes, hours = number_of(options, "minutes"), number_of(options, "retimed_hours")
    dropped = _closest(_pairs(case, Act.WRITE, 0, minutes * 60))
    retimed = _closest(_pairs(case, Act.RETIME, -hours * 3600, 0))
    yield from (_dropped(case, pair) for pair in dropped)
    yield from (_retimed(case, pair) for pair in retimed)


def _pairs(case: Case, act: Act, least: int, most: int) -> Iterator[_Pair]:
    """Yield the acts on a file and its registrations, between so many seconds apart, nothing of installers."""
    touched: dict[tuple[str, str], list[Activity]] = {}
    for activity, action in acts(case, act):
        if not activity.actor.installer and activity.event.time is not None:
            touched.setdefault((activity.event.computer.lower(), paths.fold(action.subject)), []).append(activity)
    for activity, action in acts(case, Act.REGISTER):
        time, path = activity.event.time, file_of(action.code)
        if time is None or not path or activity.actor.installer:
            continue
        for other in touched.get((activity.event.computer.lower(), path), ()):
            seconds = int((time - other.event.time).total_seconds()) if other.event.time else most + 1
            if least <= seconds <= most:
                yield _Pair(other, activity, action, seconds)


def _closest(pairs: Iterable[_Pair]) -> list[_Pair]:
    best: dict[str, _Pair] = {}
    for pair in pairs:
        path = file_of(pair.action.code)
        known = best.get(path)
        if known is None or (not pair.action.name, abs(pair.seconds)) < (not known.action.name, abs(known.seconds)):
            best[path] = pair
    return [best[path] for path in sorted(best)]


def _dropped(case: Case, pair: _Pair) -> Finding:
    actor, code = pair.file.actor, _shown(pair.action.code)
    together = is_same(actor, pair.registration.actor)
    by_worker = paths.basename(actor.process).lower() == _WORKER
    text = (
        f"{code} was written{by_whom(actor)} and registered as '{pair.action.name}' {_span(pair.seconds)} later"
        f"{by_whom(pair.registration.actor)}{', in one logon or by one chain of processes' if together else ''}"
    )
    severity, confidence = INFO.severity, INFO.confidence
    if by_worker:
        severity, confidence = Severity.HIGH, Confidence.HIGH
    elif is_exposed(code):
        severity, confidence = Severity.HIGH, Confidence.MEDIUM
    evidence = [event_evidence(pair.file), event_evidence(pair.registration)]
    return finding(INFO, text, evidence, *_components(case, pair), severity=severity, confidence=confidence)


def _retimed(case: Case, pair: _Pair) -> Finding:
    text = (
        f"{_shown(pair.action.code)} was given another time{by_whom(pair.file.actor)} {_span(-pair.seconds)} after"
        f" it was registered as '{pair.action.name}'{by_whom(pair.registration.actor)}"
    )
    evidence = [event_evidence(pair.registration), event_evidence(pair.file)]
    components = _components(case, pair)
    return finding(INFO, text, evidence, *components, severity=Severity.HIGH, confidence=Confidence.MEDIUM)


def _components(case: Case, pair: _Pair) -> list[Component]:
    path = file_of(pair.action.code)
    found = case.inventory.components if case.inventory is not None else ()
    return [c for c in found if c.image and paths.fold(c.image) == path]


def _shown(code: str) -> str:
    return paths.expand(code, paths.default_variables())


def _span(seconds: int) -> str:
    """Return a span as `40 seconds`, `5 minutes`, `3 hours`."""
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"
