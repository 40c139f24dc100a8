"""L-09 to L-24, L-30, L-31: every attribute of the Microsoft schemas whose value is code, by the catalogue's list."""

from collections.abc import Iterable, Iterator

from iisight.catalogue import schema
from iisight.catalogue.schema import CodeAttribute
from iisight.inventory.draft import Draft, from_track, normal_type
from iisight.inventory.survey import Survey
from iisight.inventory.track import Track
from iisight.model.component import Kind, Registration
from iisight.model.config import Element, Setting

_OWN_FINDER = frozenset(
    {
        "system.webServer/globalModules",
        "system.webServer/modules",
        "system.web/httpModules",
        "system.webServer/handlers",
        "system.web/httpHandlers",
        "system.webServer/isapiFilters",
        "system.webServer/fastCgi",
        "system.webServer/security/isapiCgiRestriction",
        "configurationRedirection",
    }
)
_LOADED = frozenset({"file", "type", "assembly", "clsid", "progid"})
_ALONE = frozenset({"commandToRun", "nodeProcessCommandLine", "providers"})
"""Command lines that stand in an element without the file they belong to."""

_PARAMETERS = {
    "customActionExe": "customActionParams",
    "orphanActionExe": "orphanActionParams",
    "autoShutdownExe": "autoShutdownParams",
    "processPath": "arguments",
    "protocolManagerDll": "protocolManagerDllInitFunction",
    "commandToRun": "scriptType",
}
_NAMES = ("name", "path", "extension", "language", "prefix", "invariant", "verb", "id")


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every code-bearing attribute that some file sets."""
    present = set(survey.server.resolver.sections())
    for fact in schema.code_attributes():
        if fact.section not in present or fact.section in _OWN_FINDER:
            continue
        if fact.what in _LOADED or fact.attribute in _ALONE:
            yield from _drafts(survey, fact)


def _drafts(survey: Survey, fact: CodeAttribute) -> Iterator[Draft]:
    names = fact.element.split("/") if fact.element else []
    path = fact.section
    for index, name in enumerate(names):
        collection = survey.server.resolver.collection(path)
        if collection is not None and name in collection.add:
            yield from _entries(survey, fact, "/".join(names[:index]), names[index:])
            return
        path = f"{path}/{name}"
    yield from _settings(survey, fact)


def _entries(survey: Survey, fact: CodeAttribute, inner: str, names: list[str]) -> Iterator[Draft]:
    """Yield drafts of an attribute inside the entries of a collection."""
    for track in survey.track(fact.section, inner):
        if track.element.name != names[0]:
            continue
        for element in _below(track.element, names[1:]):
            if element.get(fact.attribute):
                yield _from_entry(survey, fact, track, element)


def _below(element: Element, names: list[str]) -> Iterator[Element]:
    if not names:
        yield element
        return
    for child in element.all(names[0]):
        yield from _below(child, names[1:])


def _from_entry(survey: Survey, fact: CodeAttribute, track: Track, element: Element) -> Draft:
    owner = next((track.get(name) for name in _NAMES if track.get(name)), fact.attribute)
    own = "" if element is track.element else next((element.get(n) for n in _NAMES if element.get(n)), "")
    arguments = element.get(_PARAMETERS.get(fact.attribute, ""))
    draft = _draft(survey, fact, f"{owner}/{own}" if own else owner, element.get(fact.attribute), arguments)
    draft.folders = survey.bin_folders(track.entry.scope) if draft.type else ()
    return from_track(track, fact.section, draft, element)


def _settings(survey: Survey, fact: CodeAttribute) -> Iterator[Draft]:
    """Yield drafts of an attribute of a section, or of a plain element inside it."""
    for track in survey.settings(fact.section, fact.element, fact.attribute):
        setting = track.setting
        if setting.value:
            arguments = track.state.value(_PARAMETERS.get(fact.attribute, ""))
            draft = _draft(survey, fact, fact.attribute, setting.value, arguments)
            draft.registrations.append(_registration(fact.section, setting, arguments, fact.attribute))
            draft.presence.extend(track.presence)
            draft.folders = survey.bin_folders(setting.scope) if draft.type else ()
            yield draft


def _registration(section: str, setting: Setting, arguments: str, attribute: str) -> Registration:
    attributes = [(setting.name, setting.value)]
    if arguments:
        attributes.append((_PARAMETERS[attribute], arguments))
    return Registration(setting.locator, section, setting.scope, tuple(attributes))


def _draft(survey: Survey, fact: CodeAttribute, name: str, value: str, arguments: str) -> Draft:
    expanded = survey.server.expand(value) if fact.expanded else value
    is_file = fact.what == "file"
    command = fact.what == "command"
    return Draft(
        Kind(fact.kind),
        fact.mechanism,
        name,
        image=expanded.strip().strip('"') if is_file else None,
        type=None if is_file or command else normal_type(value),
        arguments=expanded if command else survey.server.expand(arguments),
        stock=value.strip().lower() in {s.lower() for s in fact.stock},
    )
