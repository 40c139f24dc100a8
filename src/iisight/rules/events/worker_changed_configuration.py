"""IIS302: a worker process, or a program that runs as an application pool, changed the configuration."""

from collections.abc import Iterable

from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import ODD, PROOF, UNKNOWN, Weight
from iisight.rules.events._code import code_of, is_stock, weighed

INFO = RuleInfo(
    id="IIS302",
    title="Web server's own worker changed its configuration",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-01", "L-02", "L-04", "L-05", "L-06"),
    attack=("T1505.004", "T1059"),
)

_VERBS = {
    Act.REGISTER: "registered",
    Act.UNREGISTER: "was taken out of the configuration",
    Act.CONFIGURE: "was changed",
    Act.UNLOCK: "was unlocked",
    Act.RESTORE: "was replaced",
    Act.INSTALL: "was installed",
    Act.BLIND: "was switched off or thinned out",
}
_GRAVE = (Act.REGISTER, Act.INSTALL, Act.BLIND, Act.UNLOCK, Act.RESTORE)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield each change once: a web application that administers its own server is rare, a web shell is not."""
    if not is_by_worker(activity.actor):
        return
    for action in actions(activity, *_VERBS):
        if not _is_change(action):
            continue
        severity, confidence = weighed(_weight(action), failed=action.failed)
        message = f"{_told(action)}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence, scope=action.scope)


def _is_change(action: Action) -> bool:
    """Tell whether it says what was changed: an element without its code is told by the event of its attribute."""
    if action.act is Act.REGISTER:
        return bool(action.code or action.new) or action.tool == "AppCmd"
    return bool(action.section) or action.act in (Act.RESTORE, Act.INSTALL)


def _weight(action: Action) -> Weight:
    if action.act is Act.REGISTER and action.code and is_stock(code_of(action)):
        return ODD
    return PROOF if action.act in _GRAVE else UNKNOWN


def _told(action: Action) -> str:
    if action.act is Act.REGISTER and action.code:
        code = code_of(action)
        return f"{code.label} was registered from {code.shown}"
    what = " ".join(filter(None, (action.section, f"'{action.name}'" if action.name else "")))
    change = f" to {action.new[:200]}" if action.new and action.act is Act.CONFIGURE else ""
    verb = "was registered" if action.act is Act.REGISTER else _VERBS[action.act]
    return f"{what or action.subject or 'the configuration'} {verb}{change}"
