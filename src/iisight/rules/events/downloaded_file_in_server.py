"""IIS327: a file that came from another computer lies where the web server loads code (its mark says so)."""

import re
from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import STREAM, Act, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, UNKNOWN
from iisight.telemetry.interpret import Area, area_of

INFO = RuleInfo(
    id="IIS327",
    title="Downloaded file in the web server's folders",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-25", "L-26"),
    attack=("T1505.004", "T1105", "T1564.004"),
)

_SERVER = frozenset({Area.INETSRV, Area.GAC, Area.SCHEMA, Area.CONFIGURATION, Area.BIN, Area.APP_CODE, Area.START_CODE})
_URL = re.compile(r"HostUrl=(\S{1,300})", re.IGNORECASE)
_ZONE = re.compile(r"ZoneId=([34])")


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield files with the mark that browsers leave, and streams of other names: code can hide in one."""
    for action in actions(activity, Act.WRITE):
        if not action.note.startswith(STREAM):
            continue
        stream = paths.stream_of(action.subject) or ""
        area = area_of(action.subject.removesuffix(f":{stream}"))
        zone, url = _ZONE.search(action.note), _URL.search(action.note)
        if zone is None and not stream:
            continue
        weight = GRAVE if is_by_worker(activity.actor) else UNKNOWN if area in _SERVER else NOTED
        source = f" from {url[1]}" if url else ""
        what = f"came{source or ' from another computer'}" if zone else "got an alternate data stream"
        message = f"{action.subject} {what}{by_whom(activity.actor)}"
        yield event_finding(INFO, activity, message, severity=weight[0], confidence=weight[1])
