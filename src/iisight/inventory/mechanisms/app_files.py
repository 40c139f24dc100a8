"""L-25: code that runs without a word of configuration: assemblies in `bin`, App_Code, global.asax."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.evidence.source import File
from iisight.inventory.draft import Draft
from iisight.inventory.survey import Survey
from iisight.model.component import Kind, Presence, Registration
from iisight.model.coverage import GapKind
from iisight.model.locator import Locator
from iisight.parsers.pe.clr import AssemblyFacts

PRE_START = "System.Web.PreApplicationStartMethodAttribute"
LOADER = "aspnet.loader.dll"
MAX_FILES = 20_000  # files of one application that are looked at
_COMPILED_FOLDERS = ("App_Code", "App_Browsers", "App_GlobalResources", "App_WebReferences")
"""Folders whose files ASP.NET compiles into the application, whatever their type."""


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for each file that ASP.NET loads or compiles because of where it lies."""
    shared: dict[str, tuple[str, list[str]]] = {}
    for folder, scope in survey.app_folders():
        shared.setdefault(paths.fold(folder), (folder, []))[1].append(scope)
    for folder, scopes in shared.values():
        yield from _application(survey, folder, scopes)


def _application(survey: Survey, folder: str, scopes: list[str]) -> Iterator[Draft]:
    root = survey.source.find(paths.join(folder, "global.asax"))
    if root is not None:
        yield _draft(Kind.START_CODE, "global.asax", root, scopes)
    yield from _precompiled(survey, folder, scopes)
    for name in _COMPILED_FOLDERS:
        for file in _bounded(survey, paths.join(folder, name)):
            yield _draft(Kind.START_CODE, f"{name}\\{paths.basename(file.path)}", file, scopes)
    for file in _bounded(survey, paths.join(folder, "bin")):
        if paths.extension(file.path) == ".dll":
            yield from _assembly(survey, file, scopes)
        elif paths.extension(file.path) == ".compiled":
            yield _draft(Kind.PRECOMPILED, paths.basename(file.path), file, scopes)


def _bounded(survey: Survey, folder: str) -> Iterator[File]:
    for count, file in enumerate(survey.source.below(folder)):
        if count == MAX_FILES:
            survey.gap(GapKind.REFUSED, folder, f"more than {MAX_FILES} files: the rest is not looked at")
            return
        yield file


def _precompiled(survey: Survey, folder: str, scopes: list[str]) -> Iterator[Draft]:
    marker = survey.source.find(paths.join(folder, "PrecompiledApp.config"))
    if marker is not None:
        yield _draft(Kind.PRECOMPILED, "PrecompiledApp.config", marker, scopes)


def _assembly(survey: Survey, file: File, scopes: list[str]) -> Iterator[Draft]:
    """A loader hook and code that asks to run before the application count as start code."""
    name = paths.basename(file.path)
    survey.binaries.read(file)
    facts = survey.binaries.assembly(file)
    starts = name.lower() == LOADER or (facts is not None and PRE_START in facts.assembly_attributes)
    draft = _draft(Kind.START_CODE if starts else Kind.APP_ASSEMBLY, name, file, scopes)
    draft.image = file.path
    if facts is not None:
        draft.type = full_name(facts)
    yield draft


def full_name(facts: AssemblyFacts) -> str:
    """Return an assembly's display name (.NET, `AssemblyName.FullName`)."""
    token = facts.public_key_token or "null"
    return f"{facts.name}, Version={facts.version}, PublicKeyToken={token}"


def _draft(kind: Kind, name: str, file: File, scopes: list[str]) -> Draft:
    draft = Draft(kind, "L-25", name, image=file.path)
    place = Locator(file.path, origin=file.origin)
    draft.registrations.append(Registration(place, "", scopes[0], ()))
    draft.presence.extend(Presence(scope, True) for scope in scopes)
    return draft
