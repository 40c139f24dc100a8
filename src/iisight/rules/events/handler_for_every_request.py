"""IIS307: a handler that nobody knows was mapped to every request."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.model.activity import Act, Activity
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.events._code import weighed

INFO = RuleInfo(
    id="IIS307",
    title="Handler for every request",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-04", "L-05"),
)

_SECTIONS = ("system.webserver/handlers", "system.web/httphandlers")
_KINDS = (Kind.MANAGED_HANDLER, Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI, Kind.NATIVE_HANDLER)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield a path of `*` that a handler of no known product was given."""
    if is_by_worker(activity.actor):
        return
    for action in actions(activity, Act.REGISTER):
        of_path = action.section.lower() in _SECTIONS and action.note.endswith("@path")
        if not of_path or action.new.strip() not in ("*", "*.*", "/*") or _is_known(action.name):
            continue
        place = f" of {action.scope}" if action.scope else ""
        severity, confidence = weighed((INFO.severity, INFO.confidence), installer=activity.actor.installer)
        message = f"handler '{action.name}' was mapped to every request{place} ({action.new}){by_whom(activity.actor)}"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)


def _is_known(name: str) -> bool:
    return any(name in catalogue().stock_names(kind) for kind in _KINDS)
