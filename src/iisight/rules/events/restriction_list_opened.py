"""IIS305: the list of ISAPI extensions and CGI programs that may run was opened, or got an entry nobody knows."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, place_of
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, UNKNOWN, Weight
from iisight.rules.events._code import GATE, expanded, weighed

INFO = RuleInfo(
    id="IIS305",
    title="ISAPI and CGI restriction list opened",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-05", "L-07"),
)

_SWITCHES = {"notlistedisapisallowed": "ISAPI extension", "notlistedcgisallowed": "CGI program"}


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield switches that let everything through, and entries outside the catalogue."""
    if is_by_worker(activity.actor):
        return
    for action in actions(activity, Act.REGISTER, Act.CONFIGURE):
        if action.section.lower() != GATE.lower():
            continue
        told = _switch(action) if action.act is Act.CONFIGURE else _entry(action)
        if told is not None:
            (what, then), weight = told
            severity, confidence = weighed(weight, installer=activity.actor.installer, failed=action.failed)
            message = f"{what}{by_whom(activity.actor)} ({action.tool}){then}"
            yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)


def _switch(action: Action) -> tuple[tuple[str, str], Weight] | None:
    what = _SWITCHES.get(action.name.lower())
    if what is None or action.new.lower() not in ("true", "1"):
        return None
    return (f"{action.name} was set to true", f": every {what} may run without an entry in the list"), UNKNOWN


def _entry(action: Action) -> tuple[tuple[str, str], Weight] | None:
    path = expanded(action.code)
    if not action.code or "\\" not in path or catalogue().restriction(path) or catalogue().image_owner(path):
        return None
    place = place_of(path)
    what = f"{path} ({place}) was put on the list of programs that may run"
    return (what, ""), GRAVE if place in EXPOSED else NOTED
