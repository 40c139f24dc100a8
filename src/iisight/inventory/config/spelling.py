"""Elements that look like configuration and are none: another case, a prefix, a wrapper. IIS does not read them."""

from collections.abc import Iterator
from functools import cache

from iisight.catalogue import schema
from iisight.model.config import Document, Element

_GROUPS = ("system.webServer", "system.applicationHost", "system.web", "location", "configSections")
_TREES = frozenset({"system.webServer", "system.applicationHost"})
_CODE = frozenset({"globalModules", "modules", "handlers", "isapiFilters", "applicationPools", "sites"})
_MOST = 20  # told of one file


def misspelled(document: Document) -> Iterator[tuple[Element, str]]:
    """Yield (element, what is wrong) for the first of those a file has."""
    found = _of(document.root) if document.root is not None else iter(())
    for _, wrong in zip(range(_MOST), found, strict=False):
        yield wrong


def _of(root: Element) -> Iterator[tuple[Element, str]]:
    if root.name != "configuration" and root.name.rpartition(":")[2].lower() == "configuration":
        yield root, f"<{root.name}> is not <configuration>"
    for top in root.children:
        yield from _group(top, inside_location=False)


def _group(element: Element, inside_location: bool) -> Iterator[tuple[Element, str]]:
    yield from _spelling(element, _lower_case(_GROUPS))
    if element.name == "location" and not inside_location:
        for child in element.children:
            yield from _group(child, inside_location=True)
    elif element.name in _TREES:
        yield from _tree(element)
    elif element.name not in _GROUPS or element.name == "location":
        for child in element.children:
            if child.name in _TREES or child.name == "location":
                yield child, f"<{child.name}> inside <{element.name}>"


def _tree(top: Element) -> Iterator[tuple[Element, str]]:
    known = _known()
    for child in top.children:
        held = next((c.name for c in child.children if c.name in _CODE), "")
        if held and child.name.lower() not in known:
            yield child, f"<{child.name}> is no section, and holds <{held}>"
    pending = [top]
    while pending:
        element = pending.pop()
        for child in element.children:
            yield from _spelling(child, known)
            if child.name in _TREES or child.name == "location":
                yield child, f"<{child.name}> inside <{element.name}>"
        pending.extend(reversed(element.children))


def _spelling(element: Element, known: dict[str, frozenset[str]]) -> Iterator[tuple[Element, str]]:
    right = known.get(element.name.rpartition(":")[2].lower())
    if right is not None and element.name not in right:
        yield element, f"<{element.name}> is not <{min(right)}>"


@cache
def _known() -> dict[str, frozenset[str]]:
    """Return the element names of IIS' own sections by their lower-case form."""
    names = {part for fact in schema.all_sections() if "/" in fact.path for part in fact.path.split("/")}
    return _lower_case((*names, "add", "remove", "clear"))


def _lower_case(names: tuple[str, ...]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        found.setdefault(name.lower(), set()).add(name)
    return {lower: frozenset(spellings) for lower, spellings in found.items()}
