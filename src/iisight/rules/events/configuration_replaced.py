"""IIS309: the configuration was replaced as a whole: a backup, an import, a migration, a shared configuration."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, place_of
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import NOTED, ODD
from iisight.rules.events._code import weighed

INFO = RuleInfo(
    id="IIS309",
    title="Configuration replaced as a whole",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-06"),
)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield it; a configuration taken from where anybody may write weighs."""
    if is_by_worker(activity.actor):
        return
    for action in actions(activity, Act.RESTORE, Act.CONFIGURE):
        if action.act is Act.CONFIGURE and not _redirects(action):
            continue
        source = action.new or action.name
        exposed = paths.is_absolute(source) and place_of(source) is Place.WRITABLE
        severity, confidence = weighed(ODD if exposed else NOTED, installer=activity.actor.installer)
        by = f" by '{source}'" if source else ""
        how = f" ({action.note})" if action.note else ""
        what = f"is read from {source}" if _redirects(action) else f"was replaced{by}{how}"
        message = f"the configuration {what}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)


def _redirects(action: Action) -> bool:
    """Tell whether it is the path of a shared configuration."""
    return action.section.lower() == "configurationredirection" and action.name.lower() == "path" and bool(action.new)
