"""The merge law: what a section is after one more file has had its say.

Source: [MS-IISA]-style description in "Internet Information Services (IIS) Application Host COM Protocol",
3.1.1.3.3 and 3.1.1.3.6, and the IIS schema; see docs/design/resolution.md for each step and for what
Microsoft leaves open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from iisight.catalogue.schema import CollectionFact
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
    entries: list[Entry]
    dropped: list[Dropped]
    children: dict[str, ElementState]
    problems: list[Problem]
    inserted: int = 0  # length of the local block of a prepending collection
    added: list[Entry] = field(default_factory=list)
    by_key: dict[str, Entry] | None = None  # of `entries`, made when the first key is looked up

    def find(self, key: str) -> Entry | None:
        """Return the first entry with a key, in constant time for collections of thousands."""
        if self.by_key is None:
            self.by_key = {}
            for entry in self.entries:
                self.by_key.setdefault(entry.key, entry)
        return self.by_key.get(key)


def apply(state: ElementState, element: Element, writer: Writer, collections: CollectionFinder) -> ElementState:
    """Return `state` after `element` of one file; on an error the inherited content stays and nothing is added."""
    work = _Work(state.path, dict(state.settings), list(state.entries), list(state.dropped), dict(state.children), [])
    fact = collections(state.path) or _guess(element)
    _apply_attributes(work, element, writer)
    for child in element.children:
        _apply_child(work, child, writer, fact, collections)
    if work.problems:
        return _refuse(state, work, Fate.INERT)
    return ElementState(
        work.path,
        work.settings,
        tuple(work.entries),
        tuple(work.dropped),
        work.children,
        state.problems,
    )


def reject(state: ElementState, element: Element, writer: Writer, fate: Fate, problem: Problem) -> ElementState:
    """Return `state` as unusable for one reason, with what the file would have added listed as dropped."""
    names = {"remove", "clear"}
    added = [_entry(child, "", writer) for child in element.children if child.name not in names]
    work = _Work(state.path, {}, [], list(state.dropped), {}, [problem], added=added)
    return _refuse(state, work, fate)


def _refuse(state: ElementState, work: _Work, fate: Fate) -> ElementState:
    first = work.problems[0]
    lost = (Dropped(entry, fate, first.locator, first.message) for entry in work.added)
    return replace(state, dropped=(*state.dropped, *lost), problems=(*state.problems, *work.problems))


def _apply_attributes(work: _Work, element: Element, writer: Writer) -> None:
    for name, value in element.attributes.items():
        if name in _NOT_SETTINGS or name in locks.ATTRIBUTES or ":" in name:
            continue
        setting = Setting(name, value, writer.document.at(element, name), writer.scope, writer.level)
        lock = locks.locked_attribute(work.settings, name, writer.level)
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
    lock = locks.locked_element(work.settings, child.name, writer.level)
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
    parts = [element.get(name) for name in fact.keys]
    if not any(parts):
        return ""
    key = "\0".join(parts)
    return key if fact.case_sensitive else key.casefold()


def _add(work: _Work, child: Element, writer: Writer, fact: CollectionFact) -> None:
    entry = _entry(child, key_of(child, fact), writer)
    work.added.append(entry)
    if entry.key and not fact.duplicates:
        earlier = work.find(entry.key)
        if earlier is not None:
            shown = ", ".join(f"{k}='{child.get(k)}'" for k in fact.keys)
            message = f"duplicate entry {shown}; the first is at {earlier.locator}"
            _problem(work, "duplicate-key", message, entry.locator)
            return
    if work.by_key is not None:
        work.by_key.setdefault(entry.key, entry)
    if fact.prepend:
        work.entries.insert(work.inserted, entry)
        work.inserted += 1
    else:
        work.entries.append(entry)


def _remove(work: _Work, child: Element, writer: Writer, fact: CollectionFact) -> None:
    key = key_of(child, fact)
    gone = [e for e in work.entries if key and e.key == key]
    _drop(work, gone, Fate.REMOVED, child, writer)


def _clear(work: _Work, child: Element, writer: Writer) -> None:
    _drop(work, list(work.entries), Fate.CLEARED, child, writer)


def _drop(work: _Work, gone: list[Entry], fate: Fate, by: Element, writer: Writer) -> None:
    place = writer.document.at(by)
    for entry in gone:
        if locks.is_locked(entry, writer.level):
            message = f"<{by.name}> of '{entry.key}', which {entry.locator} locks (lockItem)"
            _problem(work, "locked-item", message, place)
            return
    work.by_key = None
    for entry in gone:
        work.inserted -= 1 if work.entries.index(entry) < work.inserted else 0
        work.entries.remove(entry)
        work.dropped.append(Dropped(entry, fate, place, f"<{by.name}>"))
        if entry in work.added:
            work.added.remove(entry)


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
