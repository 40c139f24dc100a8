"""IIS303: a stock image or type was registered under a name that is not its own."""

from collections.abc import Iterable

from iisight.model.activity import Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import NOTED, ODD
from iisight.rules.events._code import is_stock_code, registered, weighed

INFO = RuleInfo(
    id="IIS303",
    title="Stock code registered under another name",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-06"),
    attack=("T1505.004", "T1036"),
)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield a module or filter whose code has a name of its own already."""
    if is_by_worker(activity.actor):
        return
    for code in registered(activity):
        match = is_stock_code(code)
        if match is None:
            continue
        weight = ODD if match.tier == "core" and code.image else NOTED
        severity, confidence = weighed(weight, installer=activity.actor.installer, failed=code.action.failed)
        message = (
            f"{code.label} was registered{by_whom(activity.actor)} ({code.action.tool}) with {code.shown}, "
            f"which {match.product} registers as '{match.expected}'"
        )
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=code.action.scope)
