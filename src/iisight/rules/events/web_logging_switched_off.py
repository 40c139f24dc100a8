"""IIS310: requests are no longer written to the web server's log, or with fewer fields."""

from collections.abc import Iterable

from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight
from iisight.rules.events._code import weighed

INFO = RuleInfo(
    id="IIS310",
    title="Web logging switched off",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1562.002", "T1685.001"),
)

_SWITCH = "system.webserver/httplogging"
_SITES, _FOLDER = "system.applicationhost/sites", ".logFile.directory"
_TRACES = ("tracefailedrequestslogging", "confighistory", "selectivelogging", "logextfileflags", "logtargetw3c")


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield what was switched off and for which part of the server."""
    if is_by_worker(activity.actor):
        return
    for action in actions(activity, Act.BLIND, Act.CONFIGURE):
        if not action.section or (action.act is Act.CONFIGURE and not _moves(action)):
            continue
        severity, confidence = weighed(_weight(action), installer=activity.actor.installer, failed=action.failed)
        message = f"{_told(action)}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)


def _moves(action: Action) -> bool:
    """Tell whether it is the folder that logs of a site are kept in."""
    named = action.name.lower().endswith(_FOLDER.lower()) or action.note == "@directory"
    return action.section.lower() == _SITES and named and bool(action.new)


def _weight(action: Action) -> Weight:
    """Health checks below a site are left out of logs all the time; a server never is, a site hardly."""
    if action.act is Act.CONFIGURE:
        return NOTED  # benchmarks ask for another drive
    if any(trace in f"{action.section}.{action.name}.{action.note}".lower() for trace in _TRACES):
        return UNKNOWN
    if action.section.lower() != _SWITCH:
        return UNKNOWN
    depth = len([part for part in action.scope.split("/") if part])
    return (ODD, UNKNOWN)[depth] if depth < 2 else NOTED


def _told(action: Action) -> str:
    if action.act is Act.CONFIGURE:
        return f"the log of '{action.name.removesuffix(_FOLDER)}' is kept in {action.new} from now on"
    change = f" ({action.name} {action.old or 'unset'} → {action.new})" if action.new else f" ({action.name})"
    return f"{action.section} of {action.scope or 'the server'} was changed so that less is logged{change}"
