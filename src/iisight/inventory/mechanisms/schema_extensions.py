"""L-23: COM classes that a configuration schema makes every reader of the configuration create."""

from collections.abc import Iterable

from iisight.catalogue import schema
from iisight.evidence import paths
from iisight.inventory.draft import Draft
from iisight.inventory.survey import Survey
from iisight.model.component import Kind, Presence, Registration
from iisight.model.coverage import GapKind


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every extension that the schema files next to the configuration name."""
    known = schema.known_extension_progids()
    for document in survey.schemas:
        if document.root is None:
            continue
        if schema.is_cut_off(document.root):
            survey.gap(GapKind.REFUSED, document.path, "larger than schema files are: the rest is not looked at")
        for progid, element in schema.schema_extensions(document.root):
            draft = Draft(Kind.SCHEMA_EXTENSION, "L-23", progid, type=progid, stock=progid.lower() in known)
            attributes = tuple(element.attributes.items())
            section = paths.basename(document.path)
            draft.registrations.append(Registration(document.at(element), section, "", attributes))
            draft.presence.append(Presence("", True))
            yield draft
