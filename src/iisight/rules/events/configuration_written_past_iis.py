"""IIS317: a configuration file was written by a program that is no tool of IIS."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Action, Activity, Actor
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import event_finding, is_by_worker
from iisight.rules.configuration._processes import is_shell
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, RARE, UNKNOWN, Weight
from iisight.rules.events._code import weighed
from iisight.rules.events._writes import is_by_command, writes, written
from iisight.telemetry.interpret import Area, area_of

INFO = RuleInfo(
    id="IIS317",
    title="Configuration written past IIS",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-06", "L-23"),
)

_AREAS = frozenset({Area.CONFIGURATION, Area.SCHEMA, Area.FRAMEWORK})
_TOOLS = frozenset(
    {
        *("appcmd.exe", "inetmgr.exe", "inetinfo.exe", "svchost.exe", "iissetup.exe", "wmiprvse.exe", "dllhost.exe"),
        *("wmsvc.exe", "powershell.exe", "pwsh.exe", "iisreset.exe", "iisexpress.exe", "mmc.exe", "servermanager.exe"),
        *("aspnet_regiis.exe", "webplatforminstaller.exe", "configwizards.exe"),
    }
)
"""Programs in which the configuration API runs: it writes the file in the process that makes the change."""

_FILES = frozenset({".config", ".xml", ".key"})


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield the server's files written by others than IIS's tools, and web.configs written by shells or workers."""
    for action in writes(activity):
        if paths.extension(action.subject) not in _FILES:
            continue
        weight = _weight(action, area_of(action.subject), activity.actor)
        if weight is not None:
            severity, confidence = weighed(weight, installer=activity.actor.installer)
            message = written(action, activity.actor)
            yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _weight(action: Action, area: Area | None, actor: Actor) -> Weight | None:
    by_command = is_by_command(action)
    program = paths.lower(paths.basename(actor.process))
    if area in _AREAS:
        if is_by_worker(actor):
            return RARE if _is_system(actor) else GRAVE
        if by_command or (is_shell(actor.process) and program not in _TOOLS):
            return ODD
        return None if program in _TOOLS or not program else UNKNOWN
    if area is not Area.SITE_CONFIGURATION:
        return None
    if is_by_worker(actor):
        return UNKNOWN
    return NOTED if by_command or is_shell(actor.process) else None


def _is_system(actor: Actor) -> bool:
    """Tell whether it ran as the computer: Exchange administers its own sites from such worker processes."""
    return actor.sid == "S-1-5-18" or actor.user.lower().endswith(("\\system", "$"))
