"""L-28: ISAPI filters of the IIS 6 metabase: `customMetadata` of applicationHost.config, and MetaBase.xml."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.draft import Draft, from_track
from iisight.inventory.survey import Survey
from iisight.model.component import Kind, Presence, Registration
from iisight.model.config import Document, Element, Fate

SECTION = "system.applicationHost/customMetadata"
FILTER_PATH = "2041"  # MD_FILTER_IMAGE_PATH, iiscnfg.h
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


def _draft(survey: Survey, name: str, path: str) -> Draft:
    return Draft(Kind.ISAPI_FILTER, "L-28", name, image=survey.server.expand(path))
