"""IIS319: an assembly was put into the global assembly cache by a command or a script."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, Place, place_of
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, UNKNOWN, Weight
from iisight.rules.events._code import expanded, weighed

INFO = RuleInfo(
    id="IIS319",
    title="Assembly put into the GAC",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-02", "L-20", "L-21"),
)

_OTHERS = ("transport agent", "Windows feature", "COM class")  # other rules', or nobody's


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield the assembly: from there a web.config names it without a file in the application."""
    if is_by_worker(activity.actor):
        return
    for action in actions(activity, Act.INSTALL):
        if not action.code or any(other in (action.subject, action.note) for other in _OTHERS):
            continue
        severity, confidence = weighed(_weight(action), installer=activity.actor.installer)
        message = f"assembly {action.code} was put into the GAC{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action) -> Weight:
    path = expanded(action.code)
    if not paths.is_absolute(path):
        return UNKNOWN
    place = place_of(path)
    return GRAVE if place in EXPOSED else NOTED if place is Place.PROGRAMS else UNKNOWN
