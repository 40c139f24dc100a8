"""IIS315: a worker process started a program, or one runs as an application pool."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, place_of
from iisight.rules._events import actions, event_finding
from iisight.rules.configuration._processes import is_debugger, is_shell
from iisight.rules.configuration._weights import GRAVE, NOTED, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS315",
    title="Worker process started a program",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-04", "L-05", "L-07"),
    attack=("T1505.004", "T1059"),
)

MAX_COMMAND = 300  # characters of a command line that a message shows

_ASKING = frozenset(
    {
        *("whoami", "hostname", "ipconfig", "netstat", "nltest", "quser", "query", "qwinsta", "systeminfo", "tasklist"),
        *("arp", "nslookup", "dsquery", "klist", "cmdkey", "nbtstat", "route", "vssadmin", "ntdsutil", "taskkill"),
        *("appcmd", "wevtutil", "auditpol", "attrib", "icacls", "takeown", "makecab", "psexec", "wget", "powercfg"),
    }
)
_RUNNERS = frozenset({"node", "python", "php-cgi", "php", "dotnet", "java", "perl", "ruby"})


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield the program: shells and what intruders ask a server with weigh, an application's own programs hardly."""
    if any(actions(activity, Act.EXPOSE)):
        return  # IIS313 says more
    for action in actions(activity, Act.START):
        severity, confidence = _weight(action)
        parent = paths.basename(activity.actor.parent) or "a process that is not named"
        user = f" as {activity.actor.user}" if activity.actor.user else ""
        command = action.new if len(action.new) <= MAX_COMMAND else f"{action.new[:MAX_COMMAND]}…"
        message = f"{parent} started {action.subject}{user}{f': {command}' if command else ''}"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action) -> Weight:
    name = paths.lower(paths.basename(action.subject)).removesuffix(".exe")
    place = place_of(action.subject)
    if is_shell(action.subject) or name in _ASKING or place in (Place.WRITABLE, Place.REMOTE):
        return GRAVE
    if is_debugger(action.subject) or name in _RUNNERS or place is Place.PROGRAMS:
        return NOTED
    return UNKNOWN
