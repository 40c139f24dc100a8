"""What the IIS schema says of sections, collections and code: shipped as data, or read from an evidence schema.

`data/sections.csv`, `data/collections.csv`, `data/code_attributes.csv` and `data/progids.csv` hold the stock facts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from iisight.catalogue.tables import Row, rows
from iisight.model.config import Element

MAX_ELEMENTS = 50_000  # IIS_schema.xml has about 1,500
MAX_DEPTH = 32  # the deepest stock schema element is at 9
MAX_NAMES = 16  # names under which one collection adds entries; stock collections have two at most
MAX_PATH = 1_000


@dataclass(frozen=True, slots=True)
class SectionFact:
    """Where a section may be set, and whether a child level may override it."""

    path: str  # `system.webServer/modules`
    allow_definition: str  # Everywhere, MachineOnly, MachineToRootWeb, MachineToApplication, AppHostOnly
    override_default: str  # Allow, Deny
    source: str


@dataclass(frozen=True, slots=True)
class CollectionFact:
    """How an element's collection merges: its directives, its key, and on which side new entries go."""

    owner: str  # path of the element that owns the collection: `system.webServer/modules`
    add: tuple[str, ...]  # element names that add an entry
    remove: str  # empty when the collection has no such directive
    clear: str
    keys: tuple[str, ...]
    case_sensitive: bool
    prepend: bool
    duplicates: bool
    default_element: str  # `applicationPoolDefaults`, a sibling that fills unset attributes
    key_defaults: tuple[str, ...] = ()  # what a key that is not written counts as, in the order of `keys`


@dataclass(frozen=True, slots=True)
class CodeAttribute:
    """An attribute whose value makes a process load or run code."""

    section: str
    element: str  # path inside the section; empty for the section itself
    attribute: str
    expanded: bool  # environment variables are expanded in it
    what: str  # type, assembly, file, progid, clsid, command, folder, url, module, environment
    mechanism: str  # `L-01`
    kind: str  # a value of model.component.Kind
    stock: tuple[str, ...]  # default and stock values
    note: str


@cache
def _sections() -> dict[str, SectionFact]:
    return {
        row["path"]: SectionFact(row["path"], row["allow_definition"], row["override_default"], row["source"])
        for row in rows("sections")
    }


@cache
def _collections() -> dict[str, CollectionFact]:
    return {row["owner"]: _collection(row) for row in rows("collections")}


def _collection(row: Row) -> CollectionFact:
    return CollectionFact(
        owner=row["owner"],
        add=tuple(row["add"].split()),
        remove=row["remove"],
        clear=row["clear"],
        keys=tuple(key.partition("=")[0] for key in row["keys"].split()),
        key_defaults=_defaults(key.partition("=")[2] for key in row["keys"].split()),
        case_sensitive=row["case_sensitive"] == "yes",
        prepend=row["merge"] == "prepend",
        duplicates=row["duplicates"] == "yes",
        default_element=row["default_element"],
    )


def all_sections() -> tuple[SectionFact, ...]:
    """Return every section that Windows, IIS and their common add-ons declare."""
    return tuple(_sections().values())


def section_fact(path: str) -> SectionFact | None:
    """Return the stock declaration of a section; section names are case-sensitive."""
    return _sections().get(path)


def collection_fact(owner_path: str) -> CollectionFact | None:
    """Return how the collection directly inside an element merges, or None when it owns none."""
    return _collections().get(owner_path)


@cache
def code_attributes() -> tuple[CodeAttribute, ...]:
    """Return every attribute of the Microsoft schemas that bears code."""
    return tuple(_code_attribute(row) for row in rows("code_attributes"))


def _code_attribute(row: Row) -> CodeAttribute:
    return CodeAttribute(
        section=row["section"],
        element=row["element"],
        attribute=row["attribute"],
        expanded=row["expanded"] == "yes",
        what=row["what"],
        mechanism=row["mechanism"],
        kind=row["kind"],
        stock=tuple(value for value in row["stock"].split("|") if value),
        note=row["note"],
    )


@cache
def known_extension_progids() -> frozenset[str]:
    """Return the COM classes that Microsoft's own schema files name, lower-case."""
    return frozenset(row["progid"].lower() for row in rows("progids"))


def collection_facts_from_schema(root: Element) -> tuple[CollectionFact, ...]:
    """Return the collections that a schema file defines, the first definition of each owner."""
    facts: dict[str, CollectionFact] = {}
    for path, element in _walk(root):
        if element.name == "collection":
            facts.setdefault(path, _fact(path, element))
    return tuple(facts.values())


def schema_extensions(root: Element) -> tuple[tuple[str, Element], ...]:
    """Return each COM class that a schema file makes the configuration system create, with its element."""
    found = {id(e): e for _, e in _walk(root) if e.get("extension")}
    return tuple((e.get("extension"), e) for e in found.values())


def is_cut_off(root: Element) -> bool:
    """Tell whether a schema file is larger or deeper than what is looked at of one."""
    level, depth = list(root.children), 0
    while level and depth < MAX_DEPTH:
        level, depth = [child for element in level for child in element.children], depth + 1
    return bool(level) or sum(1 for _ in _walk(root)) >= MAX_ELEMENTS


def _fact(owner: str, element: Element) -> CollectionFact:
    attributes = [a for a in element.all("attribute") if _is_key(a)]
    return CollectionFact(
        owner=owner,
        add=_names(element),
        remove=element.get("removeElement"),
        clear=element.get("clearElement"),
        keys=tuple(a.get("name") for a in attributes),
        key_defaults=_defaults(a.get("defaultValue") for a in attributes),
        case_sensitive=any(_is_true(a, "caseSensitive") for a in attributes),
        prepend=element.get("mergeAppend", "true").lower() == "false",
        duplicates=_is_true(element, "allowDuplicates"),
        default_element=element.get("defaultElement"),
    )


def _defaults(values: Iterable[str]) -> tuple[str, ...]:
    found = tuple(values)
    return found if any(found) else ()


def _is_key(attribute: Element) -> bool:
    return _is_true(attribute, "isUniqueKey") or _is_true(attribute, "isCombinedKey")


def _is_true(element: Element, name: str) -> bool:
    return element.get(name).lower() == "true"


def _names(collection: Element) -> tuple[str, ...]:
    names = (name.strip() for name in collection.get("addElement").split(",", MAX_NAMES)[:MAX_NAMES])
    return tuple(name for name in names if name)


def _walk(root: Element) -> Iterator[tuple[str, Element]]:
    """Yield a schema's elements in document order, each with the configuration path it describes."""
    pending = [(child, child.get("name"), 1) for child in reversed(root.children[:MAX_ELEMENTS])]
    left = MAX_ELEMENTS
    while pending and left > 0:
        element, path, depth = pending.pop()
        left -= 1
        yield path, element
        if depth < MAX_DEPTH:
            pending += [
                (child, inner, depth + 1)
                for child in reversed(element.children[:left])
                for inner in _inner_paths(element, path, child)
                if len(inner) <= MAX_PATH
            ]


def _inner_paths(parent: Element, path: str, child: Element) -> tuple[str, ...]:
    """Return the paths of `child`: once for each name under which its parent adds entries."""
    owners = [path]
    if parent.name == "collection":
        owners = [f"{path}/{name}" for name in _names(parent)]
    if child.name == "element":
        return tuple(f"{owner}/{child.get('name')}" for owner in owners)
    return tuple(owners)
