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
    """Yield a draft for every place that a `runtime` section names."""
    for node in survey.server.tree:
        for record in node.inputs.get(SECTION, ()):
            for binding in record.element.all("assemblyBinding"):
                yield from _binding(binding, "", record, node.scope)


def _binding(element: Element, assembly: str, record: Record, scope: str) -> Iterator[Draft]:
    for child in element.children:
        if child.name == "dependentAssembly":
            identity = child.child("assemblyIdentity")
            yield from _binding(child, "" if identity is None else identity.get("name"), record, scope)
        place = child.get(_TOLD.get(child.name, ""))
        if place:
            draft = Draft(Kind.TYPE_REFERENCE, "L-24", f"{child.name} {assembly}".strip(), arguments=place)
            attributes = tuple(child.attributes.items())
            locator = record.document.at(child)
            draft.registrations.append(Registration(locator, SECTION, scope, attributes))
            draft.presence.append(Presence(scope, True))
            yield draft
