"""IIS325: ASP.NET refused a view state: a farm with different keys, or somebody who tries to have objects made."""

from collections.abc import Iterable

from iisight.model.activity import Act, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, event_finding

INFO = RuleInfo(
    id="IIS325",
    title="View state refused",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-25",),
    attack=("T1505.004", "T1190"),
)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield the page that was asked for. By itself it says that the attempt failed."""
    for action in actions(activity, Act.FAULT):
        if action.tool == "ASP.NET" and action.note.startswith("view state was refused"):
            page = action.subject or action.scope or "a page that is not named"
            _, _, why = action.note.partition(": ")
            user = f" as {activity.actor.user}" if activity.actor.user else ""
            message = f"view state for {page} was refused{f' ({why})' if why else ''} by a worker process{user}"
            yield event_finding(INFO, activity, message, scope=action.scope)
