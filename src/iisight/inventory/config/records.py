"""Split a configuration file into the sections it sets and the place each is meant for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from iisight.inventory.config.declarations import Declarations
from iisight.model.config import Document, Element, Problem

IncludeReader = Callable[[Document, str, Element, str], tuple[Document, Element] | None]
"""Read the file that an attribute of an element names, relative to the document's folder, and find a section in it."""

IN_PLACE, BESIDE = "configSource", "file"  # attributes: the section is in another file, or more of it

_META = "configSections"
_SETTINGS = "appSettings"  # the one section of .NET whose `file` adds the settings of another file


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A section element as a file writes it."""

    section: str
    element: Element
    document: Document  # the file the element is in: the included one for `configSource`
    holder: Document  # the file of the hierarchy
    level: int
    location: str  # path of the location tag, `""` for the file's own level
    override: str = "Inherit"  # Allow, Deny, Inherit: lock for the levels below
    inherit_children: bool = True  # inheritInChildApplications


def split(document: Document, declarations: Declarations, level: int, include: IncludeReader) -> Iterator[Record]:
    """Yield the sections of a file in document order, those of location tags included."""
    if document.root is None:
        return
    base = Record("", document.root, document, document, level, "")
    for top in _top_elements(document.root):
        if top.name == "location":
            yield from _location(top, base, declarations, include)
        elif top.name != _META:
            yield from _sections(top, "", base, declarations, include)


def _top_elements(root: Element) -> tuple[Element, ...]:
    """Return what stands directly below `configuration`; fragments lack that element."""
    if root.name == "":  # several roots, as the XML reader gives them
        return tuple(c for r in root.children for c in (r.children if r.name == "configuration" else (r,)))
    return root.children if root.name == "configuration" else (root,)


def _location(tag: Element, base: Record, declarations: Declarations, include: IncludeReader) -> Iterator[Record]:
    inherit = tag.get("inheritInChildApplications", "true").strip().lower() != "false"
    placed = replace(base, location=clean_location(tag.get("path")), override=_override(tag), inherit_children=inherit)
    for child in tag.children:
        yield from _sections(child, "", placed, declarations, include)


def clean_location(path: str) -> str:
    """Return a location path without `.`, outer slashes and white space; `""` is the current level."""
    cleaned = path.strip().replace("\\", "/").strip("/")
    return "" if cleaned == "." else cleaned


def _override(tag: Element) -> str:
    """Return the override mode a location tag states; `allowOverride` is the older spelling."""
    mode = tag.get("overrideMode").strip().capitalize()
    if mode in {"Allow", "Deny"}:
        return mode
    return {"true": "Allow", "false": "Deny"}.get(tag.get("allowOverride").strip().lower(), "Inherit")


def _sections(
    element: Element, prefix: str, base: Record, declarations: Declarations, include: IncludeReader
) -> Iterator[Record]:
    """Descend through section groups; what is neither group nor declared is taken for a section."""
    path = f"{prefix}{element.name}"
    if declarations.find(path) is None and declarations.is_group(path):
        for child in element.children:
            yield from _sections(child, f"{path}/", base, declarations, include)
        return
    record = _included(replace(base, section=path, element=element), include)
    yield record
    found = include(record.holder, BESIDE, record.element, path) if path == _SETTINGS else None
    if found is not None:  # what it sets comes after what the section itself does
        yield replace(record, document=found[0], element=found[1])


def _included(record: Record, include: IncludeReader) -> Record:
    """Follow `configSource`."""
    found = include(record.holder, IN_PLACE, record.element, record.section)
    return record if found is None else replace(record, document=found[0], element=found[1])


def section_in(root: Element, section: str) -> Element | None:
    """Return a section of an included file, which holds it alone or in a whole configuration tree."""
    if root.name != "configuration":
        return root if root.name == section.rsplit("/", 1)[-1] else None
    element: Element | None = root
    for name in section.split("/"):
        element = element.child(name) if element is not None else None
    return element


def encrypted(record: Record) -> Problem | None:
    """Tell whether a section's content is encrypted as .NET does it (`configProtectionProvider`)."""
    provider = record.element.get("configProtectionProvider")
    if not provider and record.element.child("EncryptedData") is None:
        return None
    message = f"section {record.section} is encrypted ({provider or 'no provider named'}): its content is not known"
    return Problem("encrypted", message, record.document.at(record.element))
