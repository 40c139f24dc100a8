"""IIS306: a shell or another program of Windows that runs what it is handed was registered to serve requests."""

from collections.abc import Iterable

from iisight.model.activity import Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import by_whom, event_finding, is_by_worker
from iisight.rules.configuration._processes import is_shell
from iisight.rules.events._code import registered, weighed

INFO = RuleInfo(
    id="IIS306",
    title="Shell registered as a component",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-05", "L-07", "L-08", "L-10", "L-11"),
    attack=("T1505.004", "T1059"),
)

MAX_COMMAND = 300  # characters of a command line that a message shows


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield handlers, FastCGI applications, pool actions and trace actions that start such a program."""
    if is_by_worker(activity.actor):
        return
    for code in registered(activity):
        if code.image and is_shell(code.image):
            weight = (INFO.severity, INFO.confidence)
            severity, confidence = weighed(weight, installer=activity.actor.installer, failed=code.action.failed)
            who, scope = f"{by_whom(activity.actor)} ({code.action.tool})", code.action.scope
            message = f"{code.label} was registered{who} to start {code.action.code[:MAX_COMMAND]}"
            yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=scope)
