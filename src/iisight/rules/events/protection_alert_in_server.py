"""IIS323: protection found or blocked something where the web server loads code."""

from collections.abc import Iterable

from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, PROOF, UNKNOWN, Weight
from iisight.telemetry.interpret import Area

INFO = RuleInfo(
    id="IIS323",
    title="Protection alert in the web server's folders",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-04", "L-26"),
    attack=("T1505.004", "T1505.003"),
)

_DEFENDER = "Microsoft Defender"
_VERBS = {"blocked": "blocked", "would be blocked": "would have blocked"}
_QUIET = (Area.LOGS, Area.HISTORY, Area.EVENT_LOGS)  # requests of attackers stand in logs as text


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield what Defender names; a file that a policy does not know may be an update."""
    for action in actions(activity, Act.DETECT):
        severity, confidence = _weight(action.tool, action.new, worker=is_by_worker(activity.actor))
        message = f"{_told(action)}{by_whom(activity.actor)}"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _told(action: Action) -> str:
    if action.tool == _DEFENDER:
        name = f" as {action.name}" if action.name else ""
        note = f" ({action.note})" if action.note else ""
        return f"{action.tool} detected {action.subject}{name}{note}"
    policy = f" (policy {action.name})" if action.name else ""
    return f"{action.tool} {_VERBS.get(action.note, 'judged')} {action.subject}{policy}"


def _weight(tool: str, area: str, *, worker: bool) -> Weight:
    if area in _QUIET:
        return NOTED
    if tool != _DEFENDER:
        return UNKNOWN
    return PROOF if worker else GRAVE
