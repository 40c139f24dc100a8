"""IIS122: an environment variable that makes .NET load code into a worker process or its child."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place
from iisight.rules.configuration._asset_folders import ASSET_FOLDERS, asset_folder
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
        "asset_folders": ASSET_FOLDERS,
        "agent_folders": (
            *("datadog", "dynatrace", "new relic", "appdynamics", "contrast", "elastic", "instana", "stackify"),
            *("opentelemetry .net autoinstrumentation", "applicationinsights", "microsoft application insights"),
        ),
        "startup_assemblies": ("microsoft.", "opentelemetry.", "skyapm.", "startupbootstrapper"),
    },
)

_CLSIDS = frozenset({"COR_PROFILER", "CORECLR_PROFILER"})
_ODD_PLACES = frozenset({Place.WRITABLE, Place.REMOTE, Place.SYSTEM})
_SHARED = frozenset({"DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE"})
_STARTUP = "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES"
_PHP = "PHPRC"
_MAX_PARTS = 64
Judged = tuple[Weight, str] | None


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every variable that no monitoring product would have set so."""
    every = list(inventory.of(Kind.ENVIRONMENT))
    profilers = _Neighbours([c for c in every if c.name.upper() in _CLSIDS])
    files = _Neighbours([c for c in every if c.image and "PROFILER_PATH" in c.name.upper()])
    folders = content_folders(inventory)
    homes = frozenset(paths.fold(paths.parent(c.image)).rstrip("\\") for c in inventory.of(Kind.FASTCGI) if c.image)
    for component in every:
        if component.name.upper() == _PHP and paths.fold(component.arguments).rstrip("\\") in homes:
            continue  # where PHP looks anyway
        judged = _judge(component, profilers, files, folders, options)
        if judged is not None:
            weight, what = judged
            yield tell(INFO, component, weight, f"{component.name} {what}")


class _Neighbours:
    """Variables by place: the nearest in the same file, or in the same registry key, is that of the same pool."""

    def __init__(self, components: Iterable[Component]) -> None:
        """Sort the variables of each file by line."""
        self._lines: dict[tuple[str, str], list[tuple[int, str, Component]]] = {}
        for component in components:
            for registration in component.registrations:
                place = registration.locator
                at = (place.path, registration.section)
                self._lines.setdefault(at, []).append((place.line or 0, component.id, component))
        for found in self._lines.values():
            found.sort(key=lambda entry: entry[:2])

    def nearest(self, component: Component) -> Component | None:
        """Return the variable that stands nearest to another one; None when its file has none."""
        first = component.registrations[0]
        found, line = self._lines.get((first.locator.path, first.section), []), first.locator.line or 0
        at = bisect_left(found, line, key=lambda entry: entry[0])
        near = found[max(at - 1, 0) : at + 1]
        return min(near, key=lambda entry: abs(entry[0] - line))[2] if near else None


def _judge(
    component: Component, profilers: _Neighbours, files: _Neighbours, folders: frozenset[str], options: Options
) -> Judged:
    name, value = component.name.upper(), component.type or component.arguments
    if name in _CLSIDS:
        return _profiler(value, component.image, files.nearest(component), folders)
    if component.image:
        sibling = profilers.nearest(component)
        is_agent = sibling is not None and catalogue().profiler(sibling.type or "") is not None
        judged = [j for path in _parts(component.image) if (j := _file(path, is_agent, folders, options))]
        return max(judged, key=lambda j: (j[0][0].rank, j[0][1].rank), default=None)
    if "APPDOMAIN" in name:
        return PROOF, f"has the CLR start with the AppDomainManager {value}"
    return _startup(value, options) if name == _STARTUP else _folders(name, value)


def _file(path: str, is_agent: bool, folders: frozenset[str], options: Options) -> Judged:
    """Judge a profiler or a startup hook by where it lies."""
    place = place_among(path, folders)
    if place is Place.PROGRAMS or not paths.is_absolute(path):
        return None
    what = f"loads {path}, {place}"
    if place is Place.WRITABLE:
        excused = not is_temporary(path) and (is_agent or _is_agents(path, options))
        return (UNKNOWN if excused else PROOF), what
    if place is Place.REMOTE:
        return GRAVE, what
    asset = asset_folder(path, folders, options)
    return (ODD, f"{what}, in the asset folder '{asset}'") if asset else (UNKNOWN, what)


def _is_agents(path: str, options: Options) -> bool:
    """Tell whether a path below ProgramData is of a folder that a monitoring product makes there."""
    parts = paths.fold(path).strip("\\").split("\\")
    at = parts.index("programdata") if "programdata" in parts[:2] else -1
    names = options["agent_folders"]
    return isinstance(names, tuple) and at >= 0 and len(parts) > at + 2 and parts[at + 1] in names


def _profiler(clsid: str, image: str | None, file: Component | None, folders: frozenset[str]) -> Judged:
    """Judge a profiler's class: what is not known is odd only where its file is, too.

    `image` is the DLL of the class as the registry has it; a file named beside the variable is loaded in its place.
    """
    named = file.image if file is not None else None
    place = place_among(named or image or "", folders) if named or image else None
    by_class = f" and loads {image}, {place}" if image and not named and place in _ODD_PLACES else ""
    if catalogue().profiler(clsid) is not None:
        is_proof = place is Place.WRITABLE and is_temporary(image or "")
        return ((PROOF if is_proof else ODD), f"names the profiler {clsid}{by_class}") if by_class else None
    weight = PROOF if by_class and place is Place.WRITABLE else ODD if place in _ODD_PLACES else UNKNOWN
    return weight, f"names the profiler {clsid}, which is of no known product{by_class}"


def _startup(value: str, options: Options) -> Judged:
    known = options["startup_assemblies"]
    prefixes = known if isinstance(known, tuple) else ()
    unknown = [a for a in _parts(value) if not a.lower().startswith(prefixes)]
    return (NOTED, f"has ASP.NET Core load {', '.join(unknown)}") if unknown else None


def _folders(name: str, value: str) -> Judged:
    """Judge search paths: PATH, and what .NET takes further assemblies from."""
    writable = [p for p in _parts(value) if place_among(f"{p}\\x") is Place.WRITABLE and "%" not in p]
    if writable:
        return (GRAVE if name in _SHARED else UNKNOWN), f"searches {writable[0]}, {Place.WRITABLE}"
    if name in _SHARED:
        return None
    return (NOTED if name == "PATH" else UNKNOWN), f"is set to {value}"


def _parts(value: str) -> Iterator[str]:
    return (part.strip() for part in value.split(";")[:_MAX_PARTS] if part.strip())
