"""L-13: environment variables that make the CLR or .NET load code into a worker process or its child."""

from collections.abc import Iterable, Iterator

from iisight.inventory.draft import Draft, from_track
from iisight.inventory.survey import Survey
from iisight.inventory.track import Track
from iisight.model.component import Kind
from iisight.model.config import Element

POOLS = "system.applicationHost/applicationPools"
_FILES = frozenset(
    {
        "COR_PROFILER_PATH",
        "COR_PROFILER_PATH_32",
        "COR_PROFILER_PATH_64",
        "COR_PROFILER_PATH_ARM64",
        "CORECLR_PROFILER_PATH_ARM64",
        "CORECLR_PROFILER_PATH",
        "CORECLR_PROFILER_PATH_32",
        "CORECLR_PROFILER_PATH_64",
        "DOTNET_STARTUP_HOOKS",
    }
)
_TYPES = frozenset({"COR_PROFILER", "CORECLR_PROFILER", "APPDOMAIN_MANAGER_ASM", "APPDOMAIN_MANAGER_TYPE"})
_OTHERS = frozenset(
    {
        "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES",
        "DOTNET_ADDITIONAL_DEPS",
        "DOTNET_SHARED_STORE",
        "COMPLUS_APPDOMAINMANAGERASM",
        "COMPLUS_APPDOMAINMANAGERTYPE",
        "COMPLUS_INSTALLROOT",
        "COMPLUS_VERSION",
        "DEVPATH",
        "JAVA_TOOL_OPTIONS",
        "NODE_OPTIONS",
        "PERL5OPT",
        "PHPRC",
        "PHP_INI_SCAN_DIR",
        "PYTHONSTARTUP",
        "RUBYOPT",
        "_JAVA_OPTIONS",
        "PATH",
    }
)
_PLACES = (
    # section, path of the collection inside it, path from its entry to the variable
    (POOLS, "", ("environmentVariables", "add")),
    ("system.webServer/aspNetCore", "environmentVariables", ()),
    ("system.webServer/httpPlatform", "environmentVariables", ()),
    ("system.webServer/fastCgi", "", ("environmentVariables", "environmentVariable")),
)


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every such variable of a pool, of the pools' defaults, and of a child process."""
    for section, inner, names in _PLACES:
        for track in survey.track(section, inner):
            for element in _elements(track.element, names):
                yield from _draft(survey, track, element, section)
    for track in survey.track(POOLS, "applicationPoolDefaults/environmentVariables"):
        yield from _draft(survey, track, track.element, POOLS)


def _elements(element: Element, names: tuple[str, ...]) -> Iterator[Element]:
    found = [element]
    for name in names:
        found = [child for parent in found for child in parent.all(name)]
    yield from found


def _draft(survey: Survey, track: Track, element: Element, section: str) -> Iterator[Draft]:
    name, value = element.get("name").strip(), element.get("value").strip()
    upper = name.upper()
    if not value or upper not in _FILES | _TYPES | _OTHERS:
        return
    draft = Draft(
        Kind.ENVIRONMENT,
        "L-13",
        name,
        image=survey.server.expand(value) if upper in _FILES else None,
        type=value if upper in _TYPES else None,
        arguments=value if upper in _OTHERS else "",
    )
    yield from_track(track, section, draft, element)
