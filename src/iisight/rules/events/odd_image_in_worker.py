"""IIS320: a worker process loaded an image from where no product installs one, or an assembly without a place."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.model.activity import WORKER, Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, place_of
from iisight.rules._events import actions, event_finding
from iisight.rules.configuration._weights import GRAVE, NOTED, UNKNOWN, Weight
from iisight.telemetry.interpret import Area, area_of

INFO = RuleInfo(
    id="IIS320",
    title="Odd image in a worker process",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-05", "L-06", "L-27"),
)

_SHADOW = "\\temporary asp.net files\\"
_COMPILED = ("app_web_", "app_global.", "app_code.", "app_theme_", "app_localresources.", "app_globalresources.")


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield the image; an unsigned one of a product or an application is the rule there, and says nothing."""
    for action in actions(activity, Act.LOAD):
        if "\\" not in action.code or action.tool not in (WORKER, ".NET runtime", "AppLocker"):
            continue  # an assembly without a file: the story tells it
        weight = _weight(action)
        if weight is not None:
            severity, confidence = weight
            note = f", {action.note}," if action.note else ""
            where = place_of(action.code)
            pool = f" as {activity.actor.user}" if activity.actor.user else ""
            message = f"{action.code}{note} was loaded by a worker process{pool} from {where}"
            yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action) -> Weight | None:
    path, unsigned = action.code, not action.note.startswith("signed:") or "valid" not in action.note.lower()
    if _is_compiled(path):
        return None
    place = place_of(path)
    if place in (Place.WRITABLE, Place.REMOTE):
        return GRAVE if unsigned else UNKNOWN
    if area_of(path) is Area.INETSRV and catalogue().image_owner(path) is None:
        return UNKNOWN if unsigned else NOTED
    if place is Place.CONTENT and area_of(path) is not Area.BIN:
        return UNKNOWN if unsigned else NOTED
    return NOTED if place is Place.SYSTEM and action.note == "not signed" and area_of(path) is None else None


def _is_compiled(path: str) -> bool:
    """Tell whether it is what ASP.NET makes of an application: compiled pages and shadow copies."""
    folded = paths.fold(path)
    if _SHADOW not in folded:
        return False
    return "\\assembly\\dl3\\" in folded or folded.rpartition("\\")[2].startswith(_COMPILED)
