"""IIS322: Microsoft Defender was told to leave web folders or the worker process alone, or switched off."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, place_of
from iisight.rules._events import actions, by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, UNKNOWN, Weight
from iisight.rules.events._code import weighed
from iisight.telemetry.interpret import Area, area_of

INFO = RuleInfo(
    id="IIS322",
    title="Protection exempted from the web server",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=(),
    attack=("T1505.004", "T1562.001"),
)

_LOADED = frozenset({Area.INETSRV, Area.GAC, Area.BIN, Area.APP_CODE, Area.CONTENT, Area.SCHEMA})
_EXCHANGE = ("\\exchange server\\", "\\microsoft.net\\framework", "\\inetpub\\temp\\", "\\cluster")
_DRIVE = 2  # characters of `C:`
_CODE = (".dll", ".aspx", ".ashx", ".asp", ".asmx", ".exe", ".ps1")


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield exclusions where IIS loads code from; Microsoft itself asks for some on Exchange and SharePoint."""
    for action in actions(activity, Act.EXEMPT):
        weight = GRAVE if is_by_worker(activity.actor) else _weight(action)
        if weight is None:
            continue
        severity, confidence = weighed(weight, installer=activity.actor.installer)
        what = f"Microsoft Defender no longer looks at {action.subject}" if action.subject else action.note
        message = f"{what}{by_whom(activity.actor)} ({action.tool})"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action) -> Weight | None:
    subject = action.subject.split("\n")[0]
    folded = paths.fold(subject)
    if not subject:
        return UNKNOWN
    if paths.lower(paths.basename(subject)) == "w3wp.exe":
        return UNKNOWN  # what Microsoft lists for Exchange
    if any(part in f"{folded}\\" for part in _EXCHANGE):
        return NOTED
    if subject.lower().lstrip("*") in _CODE or f".{subject.lower()}" in _CODE:
        return ODD
    if len(folded.rstrip("\\")) <= _DRIVE:
        return UNKNOWN
    area = area_of(paths.join(subject.rstrip("\\*"), "x.dll"))
    if area in _LOADED:
        return UNKNOWN if area in (Area.CONTENT, Area.INETSRV) else ODD
    wide = folded.rstrip("\\*").count("\\") <= 2  # `C:\ProgramData`, `C:\Windows\Temp`
    return UNKNOWN if wide and place_of(f"{subject}\\x.dll") is Place.WRITABLE else None
