"""BinXML, written into a chunk: elements, names that are written once, templates and their values."""

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

SIZE = 0x10000  # bytes of a chunk
START = 0x200  # offset of the first record

_FRAGMENT = b"\x0f\x01\x01\0"
_STRINGS, _TEMPLATES = 64, 32  # buckets of the header's tables


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template that a record fills; left out with what holds it, when the value is null."""

    index: int
    kind: int  # number of the type


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a template: text or a slot in its attributes, text, a slot or elements in it."""

    name: str
    attributes: tuple[tuple[str, str | Slot], ...] = ()
    content: "tuple[str | Slot | Element, ...]" = ()


@dataclass(slots=True)
class Body:
    """The bytes of a chunk and what was written once in it."""

    data: bytearray = field(default_factory=lambda: bytearray(START))
    names: dict[str, int] = field(default_factory=dict)
    templates: dict[Element, int] = field(default_factory=dict)
    string_table: list[int] = field(default_factory=lambda: [0] * _STRINGS)
    template_table: list[int] = field(default_factory=lambda: [0] * _TEMPLATES)

    def copy(self) -> "Body":
        """Return one that can be written on without changing this."""
        tables = list(self.string_table), list(self.template_table)
        return Body(bytearray(self.data), dict(self.names), dict(self.templates), *tables)

    def put(self, form: str, *values: int) -> int:
        """Write numbers; return where."""
        at = len(self.data)
        self.data += struct.pack(f"<{form}", *values)
        return at

    def patch(self, at: int, form: str, number: int) -> None:
        """Write a number over what is there."""
        struct.pack_into(f"<{form}", self.data, at, number)


Value = tuple[int, bytes | Callable[[Body], None]]  # number of the type; bytes, or what writes them


def put_document(body: Body, root: Element, values: Sequence[Value]) -> None:
    """Write an instance of a template, and the template when the chunk has none like it yet."""
    body.data += _FRAGMENT
    identity = hashlib.md5(repr(root).encode(), usedforsecurity=False).digest()
    known = body.templates.get(root)
    body.data += b"\x0c\x01" + identity[:4]
    at = body.put("I", known or 0)
    if known is None:
        body.templates[root] = at + 4
        body.patch(at, "I", at + 4)
        _put_template(body, root, identity)
    _put_values(body, values)
    body.data += b"\0"


def _put_template(body: Body, root: Element, identity: bytes) -> None:
    bucket = int.from_bytes(identity[:4], "little") % _TEMPLATES
    at = body.put("I", body.template_table[bucket])
    body.template_table[bucket] = at
    body.data += identity
    size = body.put("I", 0)
    body.data += _FRAGMENT
    _put_element(body, root)
    body.data += b"\0"
    body.patch(size, "I", len(body.data) - size - 4)


def _put_values(body: Body, values: Sequence[Value]) -> None:
    body.put("I", len(values))
    table = len(body.data)
    for kind, _ in values:
        body.put("HBB", 0, kind, 0)
    for index, (_, content) in enumerate(values):
        start = len(body.data)
        if isinstance(content, bytes):
            body.data += content
        else:
            content(body)
        size = len(body.data) - start
        body.patch(table + 4 * index, "H", min(size, 0xFFFF))  # a larger one fits into no chunk


def _put_element(body: Body, element: Element) -> None:
    body.put("BH", 0x41 if element.attributes else 0x01, 0xFFFF)
    size = body.put("I", 0)
    _put_name(body, element.name)
    if element.attributes:
        attributes = body.put("I", 0)
        for index, (name, content) in enumerate(element.attributes, 1):
            body.put("B", 0x46 if index < len(element.attributes) else 0x06)
            _put_name(body, name)
            _put_text(body, content)
        body.patch(attributes, "I", len(body.data) - attributes - 4)
    body.put("B", 0x02 if element.content else 0x03)
    for inside in element.content:
        if isinstance(inside, Element):
            _put_element(body, inside)
        else:
            _put_text(body, inside)
    if element.content:
        body.put("B", 0x04)
    body.patch(size, "I", len(body.data) - size - 4)


def _put_text(body: Body, content: str | Slot) -> None:
    if isinstance(content, Slot):
        body.put("BHB", 0x0E, content.index, content.kind)
    else:
        body.put("BBH", 0x05, 0x01, len(content))
        body.data += content.encode("utf-16-le")


def _put_name(body: Body, name: str) -> None:
    """Write where a name is; behind it the name itself when it is the first time."""
    at = body.put("I", body.names.get(name, 0))
    if name in body.names:
        return
    body.names[name] = at + 4
    body.patch(at, "I", at + 4)
    number = _hash(name)
    bucket = number % _STRINGS
    body.put("IHH", body.string_table[bucket], number, len(name))
    body.string_table[bucket] = at + 4
    body.data += f"{name}\0".encode("utf-16-le")


def _hash(name: str) -> int:
    number = 0
    for character in name:
        number = (number * 65599 + ord(character)) & 0xFFFFFFFF
    return number & 0xFFFF
