"""IIS313: passwords that the configuration holds were listed or decrypted."""

from collections.abc import Iterable

from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import NOTED, PROOF, UNKNOWN

INFO = RuleInfo(
    id="IIS313",
    title="Credentials of the configuration listed",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=(),
    attack=("T1505.004", "T1552.001"),
)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield it; administrators document servers that way, an application pool does not."""
    worker = is_by_worker(activity.actor)
    for action in actions(activity, Act.EXPOSE):
        taken = action.tool == "aspnet_regiis"
        severity, confidence = PROOF if worker else UNKNOWN if taken else NOTED
        message = f"{_told(action)}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)


def _told(action: Action) -> str:
    if action.tool == "aspnet_regiis":
        what = action.section or f"key container {action.name}"
        where = f" of {action.scope}" if action.scope else ""
        return f"{what}{where} was {'exported' if 'exported' in action.note else 'decrypted'}"
    return f"{action.section or action.note or 'the configuration'} was listed with its passwords"
