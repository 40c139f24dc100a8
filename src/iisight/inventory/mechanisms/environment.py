"""L-13: environment variables that make the CLR or .NET load code into a worker process or its child."""

from collections.abc import Iterable, Iterator

from iisight.inventory.draft import Draft, from_track
from iisight.inventory.registry import CONTROL, SERVICES, Asked
from iisight.inventory.survey import Survey
from iisight.inventory.track import Track
from iisight.model.component import Kind, Presence, Registration
from iisight.model.config import Element
from iisight.model.registry import Key

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
_SERVICES = ("W3SVC", "WAS", "AppHostSvc", "IISADMIN", "WMSVC", "FTPSVC")
MACHINE = rf"{CONTROL}\Session Manager\Environment"
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
    if survey.registry is not None:
        yield from _registered(survey, survey.registry)


def _registered(survey: Survey, registry: Asked) -> Iterator[Draft]:
    """Yield a draft for every such variable of a service of IIS, which its worker processes inherit, and of all."""
    for service in _SERVICES:
        key = registry.key(rf"{SERVICES}\{service}")
        for text in key.strings("Environment") if key is not None else ():
            name, _, value = text.partition("=")
            if key is not None:
                yield from _of_key(survey, key, "Environment", name, value)
    key = registry.key(MACHINE)
    for found in key.values if key is not None else ():
        if key is not None and isinstance(found.data, str) and found.name.upper() != "PATH":  # every machine has one
            yield from _of_key(survey, key, found.name, found.name, found.data)


def _of_key(survey: Survey, key: Key, held: str, name: str, value: str) -> Iterator[Draft]:
    for draft in _variable(survey, name.strip(), value.strip()):
        found = key.value(held)
        place = key.locator if found is None else found.locator
        attributes = (("name", draft.name), ("value", value.strip()))
        draft.registrations.append(Registration(place, key.path, "", attributes))
        draft.presence.append(Presence("", True))
        yield draft


def _elements(element: Element, names: tuple[str, ...]) -> Iterator[Element]:
    found = [element]
    for name in names:
        found = [child for parent in found for child in parent.all(name)]
    yield from found


def _draft(survey: Survey, track: Track, element: Element, section: str) -> Iterator[Draft]:
    for draft in _variable(survey, element.get("name").strip(), element.get("value").strip()):
        yield from_track(track, section, draft, element)


def _variable(survey: Survey, name: str, value: str) -> Iterator[Draft]:
    upper = name.upper()
    if not value or upper not in _FILES | _TYPES | _OTHERS:
        return
    yield Draft(
        Kind.ENVIRONMENT,
        "L-13",
        name,
        image=survey.server.expand(value) if upper in _FILES else None,
        type=value if upper in _TYPES else None,
        arguments=value if upper in _OTHERS else "",
    )
