"""L-28: ISAPI filters of IIS 6: `customMetadata` of applicationHost.config, MetaBase.xml, and the registry."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.draft import Draft, from_track
from iisight.inventory.registry import SERVICES
from iisight.inventory.survey import Survey
from iisight.model.component import Kind, Presence, Registration
from iisight.model.config import Document, Element, Fate

SECTION = "system.applicationHost/customMetadata"
FILTER_PATH = "2041"  # MD_FILTER_IMAGE_PATH, iiscnfg.h
MAX_FILTERS = 64
LEGACY = "only read by the IIS 6 compatibility service"


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every filter path kept in the metabase."""
    for track in survey.track(SECTION):
        for value in track.element.all("property"):
            if value.get("id") == FILTER_PATH and value.get("value"):
                draft = _draft(survey, paths.basename(track.get("path").replace("/", "\\")), value.get("value"))
                yield from_track(track, SECTION, draft, value)
    document = survey.documents.get(paths.join(paths.parent(survey.server.config_folder), "MetaBase.xml"), "metabase")
    if document is not None and document.root is not None:
        yield from _legacy(survey, document, document.root)
    yield from _registered(survey)


def _legacy(survey: Survey, document: Document, root: Element) -> Iterator[Draft]:
    pending = [root]
    while pending:
        element = pending.pop()
        pending.extend(element.children)
        if element.name == "IIsFilter" and element.get("FilterPath"):
            name = paths.basename(element.get("Location").replace("/", "\\"))
            draft = _draft(survey, name, element.get("FilterPath"))
            attributes = tuple(element.attributes.items())
            place = document.at(element)
            draft.registrations.append(Registration(place, "MetaBase.xml", "", attributes, Fate.UNREAD, reason=LEGACY))
            draft.presence.append(Presence("", False, place, LEGACY))
            yield draft


def _registered(survey: Survey) -> Iterator[Draft]:
    """Yield the filters that the W3SVC service of IIS 6 loaded; its successor reports them (event 2223)."""
    key = None if survey.registry is None else survey.registry.key(rf"{SERVICES}\W3SVC\Parameters")
    value = None if key is None else key.value("Filter DLLs")
    if key is None or value is None:
        return
    for path in [p.strip() for text in key.strings(value.name) for p in text.split(",") if p.strip()][:MAX_FILTERS]:
        draft = _draft(survey, paths.basename(path), path)
        attributes = ((value.name, path),)
        draft.registrations.append(Registration(value.locator, key.path, "", attributes, Fate.UNREAD, reason=LEGACY))
        draft.presence.append(Presence("", False, value.locator, LEGACY))
        yield draft


def _draft(survey: Survey, name: str, path: str) -> Draft:
    return Draft(Kind.ISAPI_FILTER, "L-28", name, image=survey.server.expand(path))
