"""IIS314: IIS could not load an image: a component that is broken, or that is not what it is registered as."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, Place, place_of
from iisight.rules._events import actions, event_finding
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight
from iisight.rules.events._code import expanded

INFO = RuleInfo(
    id="IIS314",
    title="Component failed to load",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-06", "L-23"),
)

_CONTRACT = frozenset({"module has no RegisterModule", "module's registration returned an error"})


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield the image, weighed by its place; one of a known product is an administrator's problem."""
    for action in actions(activity, Act.LOAD_FAILED):
        image = expanded(action.code) if action.code else ""
        severity, confidence = _weight(action, image)
        place = f", {place_of(image)}," if paths.is_absolute(image) else ""
        name = f" ('{action.name}')" if action.name and action.name != image else ""
        subject = image or action.section or "an image that is not named"
        message = f"{subject}{name}{place} was not loaded: {action.note}"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action, image: str) -> Weight:
    if action.section:  # an extension of the schema: a COM class that every program which reads the configuration makes
        return UNKNOWN
    if not image or not paths.is_absolute(image) or catalogue().image_owner(image):
        return NOTED
    place = place_of(image)
    if place in EXPOSED:
        return ODD
    return UNKNOWN if action.note in _CONTRACT and place is not Place.PROGRAMS else NOTED
