"""IIS312: an event log was emptied, or log files and the history of the configuration were deleted."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity, Actor
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, PROOF, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS312",
    title="Log emptied or deleted",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1070.001"),
)

_CHANNELS = ("iis-configuration", "sysmon", "powershell", "security")
_WINDOWS = ("system", "application", "")
_HISTORY = ("\\inetpub\\history", "\\inetsrv\\backup", "\\inetsrv\\history", "cfghistory_")
_SNAPSHOTS = ("\\inetpub\\history", "cfghistory_")
_JOURNAL = "change journal"
_EVENT_LOGS = "\\winevt\\logs"


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield what can no longer be read."""
    for action in actions(activity, Act.CLEAR, Act.DELETE):
        if action.act is Act.DELETE and not _is_history(action):
            continue
        severity, confidence = _weight(action, activity.actor)
        message = f"{_told(action)}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _is_history(action: Action) -> bool:
    place = action.subject.lower()
    return action.note == "configuration backup" or any(part in place for part in _HISTORY)


def _weight(action: Action, actor: Actor) -> Weight:
    """Retention jobs delete web logs and archives; nobody has a reason to delete snapshots of the configuration."""
    if is_by_worker(actor):
        return PROOF
    subject = action.subject.lower()
    if _EVENT_LOGS in subject:
        kept = paths.basename(subject).startswith("archive-") or actor.process.lower().endswith("\\svchost.exe")
        return NOTED if kept else GRAVE
    if "\\" in subject or action.note == "configuration backup":
        return ODD if any(part in subject for part in _SNAPSHOTS) else NOTED
    if action.note.startswith("kept as"):
        return NOTED
    if action.note == _JOURNAL or any(name in subject for name in _CHANNELS):
        return ODD
    return UNKNOWN if subject in _WINDOWS else NOTED


def _told(action: Action) -> str:
    if action.note == "configuration backup":
        return f"configuration backup '{action.name}' was deleted"
    if action.note == _JOURNAL:
        return f"the change journal of {action.subject} was deleted"
    if "\\" in action.subject:
        return f"{paths.normal(action.subject)} was deleted"
    kept = f" ({action.note})" if action.note else ""
    return f"event log {action.subject or '(not named)'} was emptied{kept}"
