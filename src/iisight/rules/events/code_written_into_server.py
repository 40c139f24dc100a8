"""IIS316: code came to a place from which IIS or ASP.NET loads it, and no installer brought it."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import STREAM, Action, Activity, Actor
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, place_of
from iisight.rules._events import event_finding, is_by_worker
from iisight.rules.configuration._processes import is_shell
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, RARE, UNKNOWN, Weight
from iisight.rules.events._code import weighed
from iisight.rules.events._writes import is_by_command, writes, written
from iisight.telemetry.interpret import Area, area_of, code_kind

INFO = RuleInfo(
    id="IIS316",
    title="Code written into the server",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-04", "L-25", "L-26", "L-27"),
    attack=("T1505.004", "T1505.003", "T1105"),
)

_CONFIGURATION = frozenset({Area.CONFIGURATION, Area.SCHEMA, Area.SITE_CONFIGURATION, Area.FRAMEWORK})
_SERVER = frozenset({Area.INETSRV, Area.GAC, Area.SCHEMA, Area.CONFIGURATION, Area.FRAMEWORK})
_APPLICATION = frozenset({Area.BIN, Area.APP_CODE, Area.START_CODE, Area.CONTENT, Area.WATCHED})
_PRODUCTS = ("\\httpproxy\\", "\\clientaccess\\", "\\web server extensions\\")
_EDITED = (".cs", ".vb", ".cshtml", ".vbhtml", ".master", ".ascx")  # what content management writes into its own site
_COMPILERS = ("csc.exe", "vbc.exe", "jsc.exe", "cvtres.exe", "vbcscompiler.exe", "aspnet_compiler.exe")


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield what was written, weighed by its place and by whom; what the compiler of ASP.NET writes is left out."""
    for action in writes(activity):
        area = area_of(action.subject, by_worker=True)
        if action.note.startswith(STREAM) or area is None or _is_configuration(action, area):
            continue
        weight = _weight(action, area, activity.actor)
        if weight is not None:
            severity, confidence = weighed(weight, installer=activity.actor.installer)
            message = written(action, activity.actor)
            yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _is_configuration(action: Action, area: Area) -> bool:
    extension = paths.extension(action.subject)
    return area in _CONFIGURATION and extension in (".config", ".xml", ".key")


def _weight(action: Action, area: Area, actor: Actor) -> Weight | None:
    if is_by_worker(actor):
        return _by_worker(action.subject, area)
    shell = is_shell(actor.process) or is_by_command(action)
    if area in _SERVER:
        return ODD if shell else UNKNOWN
    if area is Area.TEMPORARY:
        return ODD if shell and paths.lower(paths.basename(actor.process)) not in _COMPILERS else None
    product = any(folder in paths.fold(action.subject) for folder in _PRODUCTS)
    if area in _APPLICATION:
        return ODD if product else UNKNOWN if shell else NOTED
    return None


def _by_worker(path: str, area: Area) -> Weight | None:
    """An application that updates itself, and one that stores what is uploaded, look like an intruder, but not here."""
    if area is Area.TEMPORARY or (code_kind(path) == "source" and area is Area.WORKER):
        return None  # ASP.NET compiles there, and the serialisers of .NET in the folder for temporary files
    if area is Area.WORKER:
        if place_of(path) not in (Place.WRITABLE, Place.SYSTEM):
            return NOTED
        return ODD if code_kind(path) == "program" else UNKNOWN
    return RARE if paths.extension(path) in _EDITED and area is not Area.BIN else GRAVE
