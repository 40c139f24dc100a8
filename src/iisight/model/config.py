"""A configuration file as it was written, and a section as it is in force at one place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
    modified: datetime | None = None  # when its file was written, as the evidence has it

    def at(self, element: Element, attribute: str | None = None) -> Locator:
        """Return the place of an element, or of the name of one of its attributes."""
        if attribute is not None:
            return self.attributes_of(element).get(attribute, self.at(element))
        return Locator(self.path, element.line, element.column, origin=self.origin)

    def attributes_of(self, element: Element) -> dict[str, Locator]:
        """Return the place of every attribute of an element whose name is found in its start tag."""
        if element.offset < 0:
            return {}
        tag = _TAG.match(self.text, element.offset)
        start, end = element.offset + 1 + len(element.name), tag.end() if tag else element.offset
        line, line_start, last = element.line, element.offset - element.column + 1, element.offset
        found: dict[str, Locator] = {}
        for match in _ATTRIBUTE.finditer(self.text, start, end):
            newlines = self.text.count("\n", last, match.start())
            if newlines:
                line, line_start = line + newlines, self.text.rfind("\n", last, match.start()) + 1
            last = match.start()
            found.setdefault(match[1], Locator(self.path, line, last - line_start + 1, origin=self.origin))
        return found


_TAG = re.compile(r"""<(?>[^"'>]+|"[^"]*"|'[^']*')*+>?""")
_ATTRIBUTE = re.compile(r"""([^\s=<>/"']++)\s*+=\s*+(?:"[^"]*"|'[^']*')""")


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
