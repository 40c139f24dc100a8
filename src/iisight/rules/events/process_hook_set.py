"""IIS321: the environment or the services of IIS were made to load code into every worker process."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, Place, place_of
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, UNKNOWN, Weight
from iisight.rules.events._code import expanded, is_path, is_variable, weighed

INFO = RuleInfo(
    id="IIS321",
    title="Process hook set",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-12", "L-13", "L-16", "L-29"),
    attack=("T1505.004", "T1574.012"),
)

MAX_VALUE = 300  # characters that a message shows

_SWITCHES = ("0", "1", "true", "false")


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield variables of profilers and start-up hooks, and registry values of the services; known profilers are low."""
    for action in actions(activity, Act.REGISTER, Act.SET_VALUE):
        if action.act is Act.REGISTER and (is_by_worker(activity.actor) or not is_variable(action.name)):
            continue
        if action.name == "inetstp" or action.note == "removed":
            continue
        value = action.code or action.new
        if value.strip().lower() in _SWITCHES:
            continue  # a switch loads nothing: the profiler that it is for does
        severity, confidence = weighed(_weight(action, value), installer=activity.actor.installer)
        what = action.subject if action.act is Act.SET_VALUE else f"{action.section} '{action.name}'"
        message = f"{what} was set to {value[:MAX_VALUE] or 'nothing'}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)


def _weight(action: Action, value: str) -> Weight:
    if action.name == "url-reservation":
        return NOTED
    if is_path(value):
        found = [expanded(part) for part in value.replace("=", "\n").splitlines() if "\\" in part]
        places = {place_of(path) for path in found if paths.is_absolute(path)}
        if places & set(EXPOSED):
            return GRAVE
        return NOTED if places == {Place.PROGRAMS} else UNKNOWN
    return NOTED if any(catalogue().profiler(part) for part in _parts(value)) else UNKNOWN


def _parts(value: str) -> list[str]:
    return [part.rpartition("=")[2].strip() for part in value[:4096].replace(";", "\n").splitlines()] or [value]
