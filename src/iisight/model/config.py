"""A configuration file as it was written, and a section as it is in force at one place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from iisight.model.locator import Locator


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """An XML element with its place. `line` and `column` count from 1 and name the `<` of the start tag.

    `offset` is the index of that `<` in the document's text, or -1 when the element is not in it.
    """

    name: str
    attributes: Mapping[str, str]  # in document order, values decoded
    children: tuple["Element", ...]
    line: int
    column: int
    offset: int = -1
    text: str = ""  # character data directly inside, CDATA included, stripped

    def get(self, name: str, default: str = "") -> str:
        """Return the attribute's value, or `default`. Names are case-sensitive, as in IIS."""
        return self.attributes.get(name, default)

    def child(self, name: str) -> "Element | None":
        """Return the first child of that name."""
        return next((c for c in self.children if c.name == name), None)

    def all(self, name: str) -> Iterator["Element"]:
        """Yield the children of that name."""
        return (c for c in self.children if c.name == name)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a configuration file or section, and where."""

    code: str  # `malformed`, `doctype`, `duplicate-key`, `locked`, …
    message: str
    locator: Locator


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One configuration file, parsed. `root` is None when nothing of it could be read."""

    path: str
    origin: str
    root: Element | None
    problems: tuple[Problem, ...] = ()
    text: str = ""  # as decoded; offsets of elements point into it

    def at(self, element: Element, attribute: str | None = None) -> Locator:
        """Return the place of an element, or of the name of one of its attributes."""
        line, column = element.line, element.column
        if attribute is not None and element.offset >= 0:
            line, column = _attribute_place(self.text, element, attribute)
        return Locator(self.path, line, column, origin=self.origin)


_ATTRIBUTE = re.compile(r"""([^\s=<>/"']+)\s*=\s*(?:"[^"]*"|'[^']*')""")


def _attribute_place(text: str, element: Element, attribute: str) -> tuple[int, int]:
    """Find an attribute in its start tag; fall back on the tag's own place."""
    start = element.offset + 1 + len(element.name)
    for match in _ATTRIBUTE.finditer(text, start):
        if ">" in text[start : match.start()]:
            break
        start = match.end()
        if match[1] == attribute:
            before = text[element.offset : match.start()]
            newline = before.rfind("\n")
            if newline < 0:
                return element.line, element.column + len(before)
            return element.line + before.count("\n"), len(before) - newline
    return element.line, element.column


class Fate(StrEnum):
    """What became of something that a configuration file says, at one place of the site tree."""

    ACTIVE = "active"
    REMOVED = "removed"  # by <remove> of its key
    CLEARED = "cleared"  # by <clear/>
    LOCKED_OUT = "locked-out"  # the section, element or attribute may not be set there
    INERT = "inert"  # its section is unusable there: duplicate key, malformed file, wrong level
    UNMET = "unmet"  # preCondition not met by the pool
    DISABLED = "disabled"  # switched off by an attribute of its own or of its gate
    UNREAD = "unread"  # in a file that this scope does not read


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An element of a collection, as it came into a scope."""

    key: str
    element: Element
    document: Document
    scope: str  # configuration path at which it was written
    level: int  # 0 machine.config, 1 root web.config, 2 applicationHost.config, 3… web.config by depth

    @property
    def locator(self) -> Locator:
        """Return the place of the element."""
        return self.document.at(self.element)


@dataclass(frozen=True, slots=True, eq=False)
class Dropped:
    """An entry that a scope does not have, and what took it away."""

    entry: Entry
    fate: Fate
    by: Locator | None
    reason: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One attribute in force, and who set it."""

    name: str
    value: str
    locator: Locator
    scope: str
    level: int


@dataclass(frozen=True, slots=True, eq=False)
class ElementState:
    """A section, or an element inside it, as it is in force at one place of the site tree."""

    path: str  # `system.webServer/modules`, or `…/rewrite/rules` for an inner collection
    settings: Mapping[str, Setting] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    children: Mapping[str, "ElementState"] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        """Tell whether IIS can use the section here; if not, requests get HTTP 500.19."""
        return not self.problems

    def value(self, name: str, default: str = "") -> str:
        """Return the value of an attribute in force, or `default`."""
        setting = self.settings.get(name)
        return default if setting is None else setting.value
