"""The merge law: what a section is after one more file has had its say.

Source: [MS-IISA]-style description in "Internet Information Services (IIS) Application Host COM Protocol",
3.1.1.3.3 and 3.1.1.3.6, and the IIS schema; see docs/design/resolution.md for each step and for what
Microsoft leaves open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from iisight.catalogue.schema import CollectionFact
from iisight.evidence import paths
from iisight.inventory.config import locks
from iisight.model.config import Document, Dropped, Element, ElementState, Entry, Fate, Problem, Setting
from iisight.model.locator import Locator

CollectionFinder = Callable[[str], CollectionFact | None]

_NOT_SETTINGS = frozenset({"configSource", "configProtectionProvider", "xmlns"})
_GUESSED = ("add", "remove", "clear")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the file, its level and the configuration path it writes for."""

    document: Document
    level: int
    scope: str


@dataclass(slots=True)
class _Work:
    """A section element while one file's directives are applied to it."""

    path: str
    settings: dict[str, Setting]
    inherited: dict[int, Entry]  # by identity, in order: a collection may have thousands
    dropped: list[Dropped]
    children: dict[str, ElementState]
    problems: list[Problem]
    prepends: bool = False
    own: dict[int, Entry] = field(default_factory=dict)  # this file's block, as far as it stands
    added: list[Entry] = field(default_factory=list)  # all that this file adds
    by_key: dict[str, dict[int, Entry]] | None = None  # made when the first key is looked up
    locks: tuple[Setting, ...] = ()  # lock lists of the levels above

    def entries(self) -> tuple[Entry, ...]:
        """Return the collection in order."""
        blocks = (self.own, self.inherited) if self.prepends else (self.inherited, self.own)
        return tuple(entry for block in blocks for entry in block.values())

    def find(self, key: str) -> dict[int, Entry]:
        """Return the entries with a key, in constant time."""
        if self.by_key is None:
            self.by_key = {}
            for entry in self.entries():
                self.by_key.setdefault(entry.key, {})[id(entry)] = entry
        return self.by_key.setdefault(key, {})

    def take(self, entry: Entry) -> None:
        """Add an entry of this file."""
        self.own[id(entry)] = entry
        if entry.key:
            self.find(entry.key)[id(entry)] = entry

    def lose(self, entry: Entry) -> None:
        """Take an entry out."""
        self.inherited.pop(id(entry), None)
        self.own.pop(id(entry), None)
        if self.by_key is not None:
            self.by_key.get(entry.key, {}).pop(id(entry), None)


def apply(state: ElementState, element: Element, writer: Writer, collections: CollectionFinder) -> ElementState:
    """Return `state` after `element` of one file; on an error the inherited content stays and nothing is added."""
    fact = collections(state.path) or _guess(element)
    work = _Work(
        state.path,
        dict(state.settings),
        {id(entry): entry for entry in state.entries},
        list(state.dropped),
        dict(state.children),
        [],
        prepends=fact is not None and fact.prepend,
        locks=tuple(s for key, s in state.settings.items() if "@" in key),
    )
    _apply_attributes(work, element, writer)
    for child in element.children:
        _apply_child(work, child, writer, fact, collections)
    if work.problems:
        return _refuse(state, work, Fate.INERT)
    return ElementState(
        work.path,
        work.settings,
        work.entries(),
        tuple(work.dropped),
        work.children,
        state.problems,
    )


def reject(state: ElementState, element: Element, writer: Writer, fate: Fate, problem: Problem) -> ElementState:
    """Return `state` as unusable for one reason, with what the file would have added listed as dropped."""
    names = {"remove", "clear"}
    added = [_entry(child, "", writer) for child in element.children if child.name not in names]
    work = _Work(state.path, {}, {}, list(state.dropped), {}, [problem], added=added)
    return _refuse(state, work, fate)


def _refuse(state: ElementState, work: _Work, fate: Fate) -> ElementState:
    first = work.problems[0]
    lost = (Dropped(entry, fate, first.locator, first.message) for entry in work.added)
    return replace(state, dropped=(*state.dropped, *lost), problems=(*state.problems, *work.problems))


def _apply_attributes(work: _Work, element: Element, writer: Writer) -> None:
    places = writer.document.attributes_of(element) if element.attributes else {}
    for name, value in element.attributes.items():
        if name in _NOT_SETTINGS or name in locks.ATTRIBUTES or ":" in name:
            continue
        place = places.get(name) or writer.document.at(element)
        setting = Setting(name, value, place, writer.scope, writer.level)
        lock = locks.locked_attribute(work.locks, name, writer.level)
        if lock is not None:
            _problem(work, "locked-attribute", f"attribute {name} is locked by {lock.locator}", setting.locator)
            continue
        work.settings[name] = setting
    if any(name in locks.ATTRIBUTES for name in element.attributes):
        own = Setting("", "", writer.document.at(element), writer.scope, writer.level)
        work.settings.update(locks.stated(element, own))


def _apply_child(
    work: _Work, child: Element, writer: Writer, fact: CollectionFact | None, collections: CollectionFinder
) -> None:
    lock = locks.locked_element(work.locks, child.name, writer.level)
    if lock is not None:
        message = f"<{child.name}> is locked by {lock.locator}"
        _problem(work, "locked-element", message, writer.document.at(child))
    elif fact is not None and child.name in fact.add:
        _add(work, child, writer, fact)
    elif fact is not None and fact.remove and child.name == fact.remove:
        _remove(work, child, writer, fact)
    elif fact is not None and fact.clear and child.name == fact.clear:
        _clear(work, child, writer)
    else:
        inner = work.children.get(child.name) or ElementState(f"{work.path}/{child.name}")
        after = apply(inner, child, writer, collections)
        work.children[child.name] = after
        work.problems.extend(after.problems[len(inner.problems) :])


def key_of(element: Element, fact: CollectionFact) -> str:
    """Return the value that must be unique in a collection; `""` when the collection has no key."""
    if not any(element.get(name) for name in fact.keys):
        return ""
    defaults = fact.key_defaults or ("",) * len(fact.keys)
    parts = [element.get(name) or default for name, default in zip(fact.keys, defaults, strict=True)]
    key = "\0".join(parts)
    return key if fact.case_sensitive else paths.lower(key)


def _add(work: _Work, child: Element, writer: Writer, fact: CollectionFact) -> None:
    entry = _entry(child, key_of(child, fact), writer)
    work.added.append(entry)
    if entry.key and not fact.duplicates:
        earlier = next(iter(work.find(entry.key).values()), None)
        if earlier is not None:
            shown = ", ".join(f"{k}='{child.get(k)}'" for k in fact.keys)
            message = f"duplicate entry {shown}; the first is at {earlier.locator}"
            _problem(work, "duplicate-key", message, entry.locator)
            return
    work.take(entry)


def _remove(work: _Work, child: Element, writer: Writer, fact: CollectionFact) -> None:
    key = key_of(child, fact)
    _drop(work, list(work.find(key).values()) if key else [], Fate.REMOVED, child, writer)


def _clear(work: _Work, child: Element, writer: Writer) -> None:
    _drop(work, list(work.entries()), Fate.CLEARED, child, writer)


def _drop(work: _Work, gone: list[Entry], fate: Fate, by: Element, writer: Writer) -> None:
    place = writer.document.at(by)
    for entry in gone:
        if locks.is_locked(entry, writer.level):
            message = f"<{by.name}> of '{entry.key}', which {entry.locator} locks (lockItem)"
            _problem(work, "locked-item", message, place)
            return
    for entry in gone:
        work.lose(entry)
        work.dropped.append(Dropped(entry, fate, place, f"<{by.name}>"))


def _entry(element: Element, key: str, writer: Writer) -> Entry:
    return Entry(key, element, writer.document, writer.scope, writer.level)


def _problem(work: _Work, code: str, message: str, locator: Locator) -> None:
    work.problems.append(Problem(code, message, locator))


def _guess(element: Element) -> CollectionFact | None:
    """Take an element with add, remove or clear below it for a collection, as .NET's default class does."""
    if not any(child.name in _GUESSED for child in element.children):
        return None
    first = next((c for c in element.children if c.name == "add"), None)
    names: Mapping[str, str] = {} if first is None else first.attributes
    key = next((k for k in ("name", "key", "path", "type", "assembly", "namespace") if k in names), "")
    return CollectionFact(
        owner="",
        add=("add",),
        remove="remove",
        clear="clear",
        keys=(key,) if key else (),
        case_sensitive=False,
        prepend=False,
        duplicates=True,
        default_element="",
    )
