"""L-24: where .NET is told to look for assemblies: codeBase, probing and linkedConfiguration of assemblyBinding."""

from collections.abc import Iterable, Iterator

from iisight.inventory.config.records import Record
from iisight.inventory.draft import Draft
from iisight.inventory.survey import Survey
from iisight.model.component import Kind, Presence, Registration
from iisight.model.config import Element

SECTION = "runtime"
_TOLD = {"codeBase": "href", "probing": "privatePath", "linkedConfiguration": "href"}


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every folder that `runtime` sections name; assemblies of one folder are one component."""
    for node in survey.server.tree:
        for record in node.inputs.get(SECTION, ()):
            for binding in record.element.all("assemblyBinding"):
                yield from _binding(binding, record, node.scope)


def _binding(element: Element, record: Record, scope: str) -> Iterator[Draft]:
    for child in element.children:
        if child.name == "dependentAssembly":
            yield from _binding(child, record, scope)
        place = child.get(_TOLD.get(child.name, "")).replace("\\", "/")
        if place:
            folder = place.rpartition("/")[0] or place if child.name == "codeBase" else place
            draft = Draft(Kind.TYPE_REFERENCE, "L-24", child.name, arguments=folder)
            attributes = tuple(child.attributes.items())
            locator = record.document.at(child)
            draft.registrations.append(Registration(locator, SECTION, scope, attributes))
            draft.presence.append(Presence(scope, True))
            yield draft
