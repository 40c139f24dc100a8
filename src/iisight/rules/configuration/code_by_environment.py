"""IIS122: an environment variable that makes .NET load code into a worker process or its child."""

from collections.abc import Iterable, Iterator, Sequence

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place
from iisight.rules.configuration._weights import (
    GRAVE,
    NOTED,
    ODD,
    PROOF,
    UNKNOWN,
    Weight,
    content_folders,
    is_temporary,
    place_among,
    tell,
)

INFO = RuleInfo(
    id="IIS122",
    title="Code loaded by an environment variable",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-13",),
    attack=("T1505.004", "T1574.012"),
    options={
        "agent_folders": (
            *("datadog", "dynatrace", "new relic", "appdynamics", "contrast", "elastic", "instana", "stackify"),
            *("opentelemetry .net autoinstrumentation", "applicationinsights", "microsoft application insights"),
        ),
        "startup_assemblies": ("microsoft.", "opentelemetry.", "skyapm.", "startupbootstrapper"),
    },
)

_CLSIDS = frozenset({"COR_PROFILER", "CORECLR_PROFILER"})
_SHARED = frozenset({"DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE"})
_STARTUP = "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES"
_ORDINARY = {Place.PROGRAMS}
_MAX_PARTS = 64


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every variable that no monitoring product would have set so."""
    folders = content_folders(inventory)
    every = list(inventory.of(Kind.ENVIRONMENT))
    for component in every:
        judged = _judge(component, every, folders, options)
        if judged is not None:
            weight, what = judged
            yield tell(INFO, component, weight, f"{component.name} {what}")


def _judge(
    component: Component, every: Sequence[Component], folders: frozenset[str], options: Options
) -> tuple[Weight, str] | None:
    name, value = component.name.upper(), component.type or component.arguments
    if component.image:
        judged = [j for p in _parts(component.image) if (j := _file(p, component, every, folders, options))]
        return max(judged, key=lambda j: (j[0][0].rank, j[0][1].rank), default=None)
    if name in _CLSIDS:
        return _profiler(component, value, every, folders)
    if "APPDOMAIN" in name:
        return PROOF, f"has the CLR start with the AppDomainManager {value}"
    if name == _STARTUP:
        return _startup(value, options)
    return _folders(name, value)


def _file(
    path: str, component: Component, every: Sequence[Component], folders: frozenset[str], options: Options
) -> tuple[Weight, str] | None:
    """Judge a profiler or a startup hook by where it lies."""
    place = place_among(path, folders)
    if place in _ORDINARY or not paths.is_absolute(path):
        return None
    what = f"loads {path}, {place}"
    if place is Place.WRITABLE:
        excused = not is_temporary(path) and (_is_agent(path, options) or _has_known_profiler(component, every))
        return (UNKNOWN if excused else PROOF), what
    return (GRAVE if place is Place.REMOTE else UNKNOWN), what


def _is_agent(path: str, options: Options) -> bool:
    """Tell whether a path below ProgramData is of a folder that a monitoring product makes there."""
    parts = paths.fold(path).split("\\")
    names = options["agent_folders"]
    return isinstance(names, tuple) and len(parts) > 3 and parts[1] == "programdata" and parts[2] in names


def _has_known_profiler(component: Component, every: Sequence[Component]) -> bool:
    sibling = _nearest(component, [c for c in every if c.name.upper() in _CLSIDS])
    return sibling is not None and catalogue().profiler(sibling.type or "") is not None


def _nearest(component: Component, others: Sequence[Component]) -> Component | None:
    """Return which of the others stands next to a component in the same file: that of the same pool."""
    here = component.registrations[0].locator
    beside = [
        (abs((r.locator.line or 0) - (here.line or 0)), c.id, c)
        for c in others
        for r in c.registrations
        if r.locator.path == here.path
    ]
    return min(beside, key=lambda b: b[:2])[2] if beside else None


def _profiler(
    component: Component, clsid: str, every: Sequence[Component], folders: frozenset[str]
) -> tuple[Weight, str] | None:
    """Judge a profiler's class: what is not known is odd only where its file is, too."""
    if catalogue().profiler(clsid) is not None:
        return None
    file = _nearest(component, [c for c in every if c.image and "PROFILER_PATH" in c.name.upper()])
    place = None if file is None or not file.image else place_among(file.image, folders)
    odd = place in {Place.WRITABLE, Place.REMOTE, Place.SYSTEM}
    return (ODD if odd else UNKNOWN), f"names the profiler {clsid}, which is of no known product"


def _startup(value: str, options: Options) -> tuple[Weight, str] | None:
    known = options["startup_assemblies"]
    prefixes = known if isinstance(known, tuple) else ()
    unknown = [a for a in _parts(value) if not a.lower().startswith(prefixes)]
    return (NOTED, f"has ASP.NET Core load {', '.join(unknown)}") if unknown else None


def _folders(name: str, value: str) -> tuple[Weight, str] | None:
    """Judge search paths: PATH, and what .NET takes further assemblies from."""
    writable = [p for p in _parts(value) if place_among(f"{p}\\x") is Place.WRITABLE and "%" not in p]
    if writable:
        return (GRAVE if name in _SHARED else UNKNOWN), f"searches {writable[0]}, {Place.WRITABLE}"
    if name in _SHARED:
        return None
    return (NOTED if name == "PATH" else UNKNOWN), f"is set to {value}"


def _parts(value: str) -> Iterator[str]:
    return (part.strip() for part in value.split(";")[:_MAX_PARTS] if part.strip())
