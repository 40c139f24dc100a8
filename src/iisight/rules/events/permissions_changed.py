"""IIS332: permissions of the web server's own files were changed."""

import re
from collections.abc import Iterable

from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, UNKNOWN, Weight
from iisight.rules.events._code import weighed
from iisight.telemetry.interpret import Area, area_of

INFO = RuleInfo(
    id="IIS332",
    title="Permissions of the web server's files changed",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-27"),
    attack=("T1505.004", "T1222.001"),
)

_SERVER = frozenset({Area.INETSRV, Area.CONFIGURATION, Area.SCHEMA, Area.FRAMEWORK, Area.GAC})
_EVERYBODY = re.compile(
    r"\((?:A|XA);[^;()]{0,32};(?:FA|GA|GW|FW|0x1f01ff|0x1301bf|0x1201bf|0x116);[^;()]{0,64};[^;()]{0,64};"
    r"(?:WD|AU|BU|IU|S-1-5-32-568|S-1-5-82-[\d-]{1,64})\)",
    re.IGNORECASE,
)
"""Full control or writing for Everyone, Authenticated Users, Users, Interactive, IIS_IUSRS or a pool (SDDL)."""


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield changes at the server's own folders; where ordinary accounts may now write, it weighs."""
    for action in actions(activity, Act.CONFIGURE):
        if "permissions" not in action.note or area_of(f"{action.subject}\\x.dll") not in _SERVER:
            continue
        opened = bool(_EVERYBODY.search(action.new[:65_536])) and not _EVERYBODY.search(action.old[:65_536])
        weight = _weight(action, activity, opened=opened)
        severity, confidence = weighed(weight, installer=activity.actor.installer)
        what = "may now be written by ordinary accounts" if opened else "got other permissions"
        message = f"{action.subject} {what}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action, activity: Activity, *, opened: bool) -> Weight:
    if is_by_worker(activity.actor):
        return GRAVE
    if opened:
        return ODD
    return UNKNOWN if action.tool in ("icacls", "cacls", "xcacls", "takeown") else NOTED
