"""IIS308: a section was unlocked, so that a web.config may set it."""

from collections.abc import Iterable

from iisight.model.activity import Act, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import NOTED, ODD
from iisight.rules.events._code import weighed

INFO = RuleInfo(
    id="IIS308",
    title="Section unlocked",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-05", "L-06", "L-08"),
    attack=("T1505.004", "T1562.001"),
)

_GUARDED = frozenset({"globalmodules", "isapifilters", "isapicgirestriction", "fastcgi", "serviceautostartproviders"})


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield sections that were unlocked; those that load native code weigh, `handlers` and `modules` often are."""
    if is_by_worker(activity.actor):
        return
    for action in actions(activity, Act.UNLOCK):
        guarded = action.section.lower().rpartition("/")[2] in _GUARDED
        severity, confidence = weighed(ODD if guarded else NOTED, installer=activity.actor.installer)
        place = f" for {action.scope}" if action.scope else ""
        message = f"section {action.section or '(all)'} was unlocked{place}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)
