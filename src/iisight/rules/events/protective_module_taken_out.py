"""IIS333: a module that logs, filters or authenticates was taken out of the configuration."""

from collections.abc import Iterable

from iisight.model.activity import API, Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight
from iisight.rules.events._code import weighed

INFO = RuleInfo(
    id="IIS333",
    title="Protective module taken out",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02"),
    attack=("T1505.004", "T1562.001", "T1562.002"),
)

_SECTIONS = ("system.webserver/globalmodules", "system.webserver/modules", "system.webserver/isapifilters")
_LOGGING = ("httploggingmodule", "customloggingmodule")
_PROTECTING = (
    *("requestfilteringmodule", "iprestrictionmodule", "dynamiciprestrictionmodule", "failedrequeststracingmodule"),
    *("urlauthorizationmodule", "windowsauthenticationmodule", "modsecurity iis (32bits)", "modsecurity iis (64bits)"),
    *("urlscan", "urlscan 3.1"),
)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield the module; a server without logging weighs, a site that leaves one out hardly."""
    if is_by_worker(activity.actor):
        return
    for action in actions(activity, Act.UNREGISTER):
        weight = _weight(action) if action.section.lower() in _SECTIONS else None
        if weight is None:
            continue
        severity, confidence = weighed(weight, installer=activity.actor.installer)
        place = f" of {action.scope}" if action.scope else " of the server"
        message = f"{action.name} was taken out of {action.section}{place}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)


def _weight(action: Action) -> Weight | None:
    name = action.name.lower()
    if name in _LOGGING:
        listed = action.tool == API  # a list that is sorted is taken out and put in again
        return UNKNOWN if action.scope or listed else ODD
    if name in _PROTECTING:
        return NOTED if action.scope else UNKNOWN
    return None
