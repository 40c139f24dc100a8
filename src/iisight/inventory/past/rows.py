"""The rows of a configuration file that make IIS run code, each with what makes it this one in another file as well."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice

from iisight.catalogue import schema
from iisight.catalogue.lookup import catalogue
from iisight.catalogue.schema import CodeAttribute
from iisight.evidence import paths
from iisight.inventory import secrets
from iisight.inventory.config import records
from iisight.inventory.config.declarations import Declarations
from iisight.model.component import Kind
from iisight.model.config import Document, Element
from iisight.model.locator import Locator

MAX_ROWS = 20_000  # of one file; an Exchange server has about 400

_ENABLING = "system.webServer/modules"  # its rows count without code as well: they enable native modules by name
_SHARED = ("system.applicationHost/applicationPools", "system.applicationHost/sites")  # hold much that is no code
_NO_CODE = frozenset({"url", "setting", "folder"})
_DIRECTIVES = ("remove", "clear")
_SWITCHES = ("allowed", "enabled", "preCondition")
_NAMING = ("name", "key")  # of an environment variable: they tell whether its value is a secret
_NAMES = ("name", "fullPath", "path", "extension", "id", "invariant", "verb")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One entry that names code, or directive that takes such entries out."""

    key: Key  # equal in two files for the same entry
    section: str  # `system.webServer/globalModules`
    location: str  # path of the location tag; empty for the server
    element: str  # path inside the section: `add`, `remove`, `site/logFile`
    name: str
    values: tuple[tuple[str, str], ...]  # what tells whether the entry was changed, folded; may hold secrets
    attributes: Mapping[str, str]  # as written; may hold secrets
    runs: str  # the attribute that names the code; empty: it enables by name, or takes out
    kind: Kind | None
    locator: Locator

    @property
    def code(self) -> str:
        """Return image, type or command as written, secrets masked."""
        needed = [(name, self.attributes[name]) for name in _NAMING if name in self.attributes and name != self.runs]
        value = self.attributes.get(self.runs, "")
        return dict(secrets.shown([*needed, (self.runs, value)]))[self.runs] if value else ""

    @property
    def shown(self) -> dict[str, str]:
        """Return the attributes as written, secrets masked."""
        return dict(secrets.shown(self.attributes.items()))

    @property
    def is_directive(self) -> bool:
        """Tell whether it takes entries out."""
        return self.element.rpartition("/")[2] in _DIRECTIVES

    @property
    def is_stock(self) -> bool:
        """Tell whether the catalogue has an entry of this name with this code; rows without code are by themselves."""
        if not self.code or self.kind is None:
            return not self.is_directive
        image = paths.expand(self.code, paths.default_variables()) if "\\" in self.code else None
        match = catalogue().match(self.kind, self.name, image, None if image else self.code, "", self.location)
        return match is not None and match.exact


def rows_of(document: Document, declared: Declarations, level: int) -> dict[Key, Row]:
    """Return the rows of a file, in document order, at most MAX_ROWS."""
    if document.root is None:
        return {}
    found: dict[Key, Row] = {}
    seen: Counter[Key] = Counter()
    split = records.split(document, declared.extend(document, level), level, lambda *_: None)
    for row in islice((row for record in split for row in _rows(record)), MAX_ROWS):
        seen[row.key] += 1
        found[(*row.key, str(seen[row.key]))] = row
    return found


def _rows(record: records.Record) -> Iterator[Row]:
    facts = _facts().get(record.section)
    if facts is None:
        return
    if "" in facts:
        yield from _row(record, record.element, "", (), facts[""])
    pending: list[tuple[Element, str, tuple[str, ...]]] = [(c, c.name, ()) for c in reversed(record.element.children)]
    while pending:
        element, path, above = pending.pop()
        own = _key(record.section, element, path)
        yield from _row(record, element, path, (*above, own), facts.get(path, ()))
        if any(inner.startswith(f"{path}/") for inner in facts):
            pending += [(c, f"{path}/{c.name}", (*above, own)) for c in reversed(element.children)]


def _row(
    record: records.Record, element: Element, path: str, keys: tuple[str, ...], facts: tuple[CodeAttribute, ...]
) -> Iterator[Row]:
    """Yield the row that an element is, if it is one."""
    said = [(f, element.get(f.attribute)) for f in facts if element.get(f.attribute)]
    shared = record.section in _SHARED
    loads = [(f, value) for f, value in said if not shared or not _is_stock(f, value)]
    directive = path.rpartition("/")[2] in _DIRECTIVES and not shared
    if not (loads or directive or (record.section == _ENABLING and facts)):
        return
    first = next((f for f, _ in loads), None)
    names = dict.fromkeys((*(f.attribute for f, _ in said), *(name for name in _SWITCHES if element.get(name))))
    yield Row(
        key=(record.section, record.location.casefold(), path, *(paths.lower(key) for key in keys)),
        section=record.section,
        location=record.location,
        element=path,
        name=_name(element, keys),
        values=tuple((name, _folded(element.get(name))) for name in names),
        attributes=element.attributes,
        runs=_running(loads),
        kind=None if first is None else Kind(first.kind),
        locator=record.document.at(element),
    )


def _running(loads: list[tuple[CodeAttribute, str]]) -> str:
    """Return the attribute that names what is run: of several the first that names a file or a type."""
    fact = next((f for f, _ in loads if f.what != "module"), loads[0][0] if loads else None)
    return "" if fact is None else fact.attribute


def _name(element: Element, keys: tuple[str, ...]) -> str:
    return next((element.get(name) for name in _NAMES if element.get(name)), keys[-1] if keys else "")


def _key(section: str, element: Element, path: str) -> str:
    """Return what makes an element of a collection this one, else nothing."""
    owner, _, name = path.rpartition("/")
    fact = schema.collection_fact(f"{section}/{owner}" if owner else section)
    names = fact.keys if fact is not None and (name in fact.add or name in _DIRECTIVES) else ()
    parts = [element.get(n) for n in names] or [next((element.get(n) for n in _NAMES if element.get(n)), "")]
    return "|".join(parts)


def _folded(value: str) -> str:
    return paths.fold(value) if "\\" in value else value.casefold()


def _is_stock(fact: CodeAttribute, value: str) -> bool:
    return value.strip().lower() in {known.lower() for known in fact.stock}


@cache
def _facts() -> Mapping[str, Mapping[str, tuple[CodeAttribute, ...]]]:
    """Return, by section and element, the attributes that name code."""
    found: dict[str, dict[str, tuple[CodeAttribute, ...]]] = {}
    for fact in schema.code_attributes():
        if fact.what not in _NO_CODE:
            of_section = found.setdefault(fact.section, {})
            of_section[fact.element] = (*of_section.get(fact.element, ()), fact)
    return found
