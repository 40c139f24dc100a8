"""IIS318: a module, page or configuration file was given another time of creation."""

from collections.abc import Iterable
from datetime import datetime

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity, Actor
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._processes import is_shell
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, UNKNOWN, Weight
from iisight.rules.events._code import weighed
from iisight.telemetry.interpret import Area, area_of

INFO = RuleInfo(
    id="IIS318",
    title="File time changed",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-27"),
    attack=("T1505.004", "T1070.006"),
)

_COPYING = frozenset(
    {
        *("robocopy.exe", "xcopy.exe", "7z.exe", "7zg.exe", "winrar.exe", "explorer.exe", "tiworker.exe", "git.exe"),
        *("msdeploy.exe", "ccmexec.exe", "tar.exe", "dfsrs.exe", "onedrive.exe", "teamcity.exe", "octopus.exe"),
    }
)
"""Programs that restore the times of what they copy or unpack."""


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield it; a time in the past, set by a shell or a worker process, is what hides a file among its neighbours."""
    for action in actions(activity, Act.RETIME):
        if area_of(action.subject) is Area.TEMPORARY:
            continue  # shadow copies keep the times of what they are copies of
        severity, confidence = weighed(_weight(action, activity.actor), installer=activity.actor.installer)
        change = f" ({action.old} → {action.new})" if action.old and action.new else ""
        message = f"{action.subject} was given another time{change}{by_whom(activity.actor)}"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action, actor: Actor) -> Weight:
    if is_by_worker(actor):
        return GRAVE
    if paths.lower(paths.basename(actor.process)) in _COPYING or not _is_back(action):
        return NOTED
    return ODD if is_shell(actor.process) or not actor.process else UNKNOWN


def _is_back(action: Action) -> bool:
    """Tell whether the new time is before the old; a command line tells neither."""
    try:
        return datetime.fromisoformat(action.new.strip()) < datetime.fromisoformat(action.old.strip())
    except (ValueError, TypeError):
        return True
