"""IIS301: a component that the catalogue does not know came into the configuration."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Activity
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, Place
from iisight.rules._events import by_whom, event_finding, is_by_worker
from iisight.rules.configuration._processes import is_shell
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, UNKNOWN, Weight
from iisight.rules.events._code import Code, is_stock, is_stock_code, registered, wears_stock_name, weighed

INFO = RuleInfo(
    id="IIS301",
    title="Unknown component registered",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-04", "L-05", "L-06", "L-08", "L-11", "L-14", "L-15", "L-20"),
)

_NATIVE = frozenset({Kind.NATIVE_MODULE, Kind.ISAPI_FILTER, Kind.COMPRESSION})
_LOADED: dict[Place | None, Weight] = {
    **dict.fromkeys(EXPOSED, GRAVE),
    **dict.fromkeys((Place.SYSTEM, Place.OTHER, None), UNKNOWN),
}


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield what was registered, weighed by where the code lies; what other rules say better is left to them."""
    if is_by_worker(activity.actor):
        return
    for code in registered(activity):
        if is_stock(code) or is_stock_code(code) or wears_stock_name(code) or is_shell(code.image):
            continue
        where = f" ({code.place})" if code.place else ""
        verb = "could not be registered" if code.action.failed else "was registered"
        scope = f" for {code.action.scope}" if code.action.scope else ""
        severity, confidence = weighed(_weight(code), installer=activity.actor.installer, failed=code.action.failed)
        message = f"{code.label} {verb}{scope} from {code.shown}{where}{by_whom(activity.actor)} ({code.action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=code.action.scope)


def _weight(code: Code) -> Weight:
    """Native code is loaded into every pool; handlers run scripts of the content as a matter of course."""
    if code.type:
        return NOTED
    library = paths.extension(code.image) == ".dll"
    if code.kind in _NATIVE or (code.kind is None and library):
        return _LOADED.get(code.place, NOTED)
    if code.place is Place.CONTENT:
        return ODD if library else UNKNOWN if code.kind else NOTED
    return GRAVE if code.place in EXPOSED else NOTED
