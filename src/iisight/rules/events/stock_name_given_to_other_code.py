"""IIS304: other code was registered under the name of a known component."""

from collections.abc import Iterable

from iisight.model.activity import Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options
from iisight.rules._events import by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, RARE, Weight
from iisight.rules.events._code import Code, registered, wears_stock_name, weighed

INFO = RuleInfo(
    id="IIS304",
    title="Stock name given to other code",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-05", "L-06"),
    attack=("T1505.004", "T1036.005"),
)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield what hides behind a name that administrators know."""
    if is_by_worker(activity.actor):
        return
    for code in registered(activity):
        match = wears_stock_name(code)
        if match is None:
            continue
        weight = _weight(code, match.tier == "core")
        severity, confidence = weighed(weight, installer=activity.actor.installer, failed=code.action.failed)
        message = (
            f"{code.label} was registered{by_whom(activity.actor)} ({code.action.tool}) with {code.shown} "
            f"instead of {match.expected} ({match.product})"
        )
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=code.action.scope)


def _weight(code: Code, core: bool) -> Weight:
    """A product of many versions may have moved; a part of Windows does not. A .NET type has no place."""
    if code.type:
        return RARE if core else NOTED
    return GRAVE if core or code.place in EXPOSED else NOTED
