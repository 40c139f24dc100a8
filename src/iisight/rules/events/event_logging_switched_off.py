"""IIS311: a channel of the event log, an audit policy or the service that logs was switched off."""

from collections.abc import Iterable

from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding
from iisight.rules.configuration._weights import GRAVE, NOTED, UNKNOWN, Weight
from iisight.rules.events._code import weighed

INFO = RuleInfo(
    id="IIS311",
    title="Event logging switched off",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1562.002", "T1685.001"),
)

_WATCHED = ("iis-configuration", "sysmon", "powershell", "security", "windows defender", "codeintegrity", "applocker")
_VERBOSE = ("/analytic", "/debug", "/diagnostic", "/verbose")
_POLICY, _LIMIT = "auditpol", "limit-eventlog"


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield what no longer tells; channels for troubleshooting are switched on and off as a matter of course."""
    for action in actions(activity, Act.BLIND):
        if action.section:
            continue
        severity, confidence = weighed(_weight(action), installer=activity.actor.installer)
        message = f"{_told(action)}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action) -> Weight:
    subject = action.subject.lower()
    if action.tool == _LIMIT:
        return NOTED
    if subject.endswith(_VERBOSE):
        return NOTED
    if subject == "eventlog" or any(name in subject for name in _WATCHED):
        return GRAVE
    return NOTED if action.tool == "registry" else UNKNOWN  # set-up registers channels that are off


def _told(action: Action) -> str:
    if action.tool == _LIMIT:
        return f"event log {action.subject} was limited to {action.new}"
    if action.tool == _POLICY:
        return f"audit policy {f'{action.name} ' if action.name else ''}was switched off: {action.note or action.new}"
    if action.note:
        return f"{action.subject or 'logging'} was switched off ({action.note})"
    return f"event channel {action.subject or '(not named)'} was switched off"
