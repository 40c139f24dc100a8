"""IIS328: an Exchange transport agent was installed: code that sees every message, beside that which sees requests."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, place_of
from iisight.rules._events import actions, by_whom, event_finding
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS328",
    title="Exchange transport agent installed",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=(),
    attack=("T1505.002", "T1505.004"),
)

_EXCHANGE = "\\exchange server\\"


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield the agent and its assembly; antispam and journal products install theirs below program folders."""
    for action in actions(activity, Act.INSTALL, Act.CONFIGURE):
        if action.subject != "transport agent":
            continue
        severity, confidence = _weight(action)
        tried = " was tried and failed" if action.failed else ""
        code = f" from {action.code}" if action.code else ""
        cmdlet = action.note.removesuffix(" failed")
        message = f"{cmdlet} for transport agent '{action.name}'{code}{tried}{by_whom(activity.actor)}"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action) -> Weight:
    if not action.code or _EXCHANGE in paths.fold(action.code):
        return NOTED
    if not paths.is_absolute(action.code):
        return UNKNOWN
    place = place_of(action.code)
    return NOTED if place is Place.PROGRAMS else ODD if place in (Place.WRITABLE, Place.REMOTE) else UNKNOWN
