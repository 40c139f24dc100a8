"""An assembly in the making: rows of tables, heaps, types by name (ECMA-335 II.22, II.24.2)."""

import struct
from dataclasses import dataclass, field

from iisight.parsers.pe.clr import schema

Row = tuple[int, ...]


@dataclass(slots=True)
class Heap:
    """A heap in which equal parts are kept once. Offset 0 is the empty part."""

    data: bytearray = field(default_factory=lambda: bytearray(1))
    places: dict[bytes, int] = field(default_factory=lambda: {b"": 0})

    def add(self, part: bytes, head: bytes = b"", tail: bytes = b"") -> int:
        """Return the offset of a part."""
        if part not in self.places:
            self.places[part] = len(self.data)
            self.data += head + part + tail
        return self.places[part]


@dataclass(slots=True)
class Draft:
    """The tables and heaps in the making."""

    tables: dict[int, list[Row]] = field(default_factory=dict)
    strings: Heap = field(default_factory=Heap)
    blobs: Heap = field(default_factory=Heap)
    user_strings: Heap = field(default_factory=Heap)
    defined: dict[str, int] = field(default_factory=dict)  # type → row
    referenced: dict[str, int] = field(default_factory=dict)
    members: dict[tuple[str, str, bytes], int] = field(default_factory=dict)

    def row(self, table: int, *values: int) -> int:
        """Append a row and return its number."""
        rows = self.tables.setdefault(table, [])
        rows.append(values)
        return len(rows)

    def text(self, value: str) -> int:
        """Return the offset of a string."""
        return self.strings.add(value.encode(), tail=b"\0")

    def blob(self, value: bytes) -> int:
        """Return the offset of a blob."""
        return self.blobs.add(value, head=compressed(len(value)))

    def constant(self, value: str) -> bytes:
        """Return the token of a string constant (II.24.2.4: a byte follows that tells of special characters)."""
        part = value.encode("utf-16-le")
        place = self.user_strings.add(part, head=compressed(len(part) + 1), tail=b"\0")
        return token(schema.USER_STRING, place)

    def name(self, full_name: str) -> tuple[int, int]:
        """Return the offsets of name and namespace."""
        namespace, _, name = full_name.rpartition(".")
        return self.text(name), self.text(namespace)

    def type(self, name: str, coded_index: str) -> int:
        """Return the coded index of a type, defined here or referred to in a library."""
        if name in self.defined:
            return coded(coded_index, schema.TYPE_DEF, self.defined[name])
        if name not in self.referenced:
            library = 2 if name.startswith("System.Web.") else 1
            scope = coded("ResolutionScope", schema.ASSEMBLY_REF, library)
            self.referenced[name] = self.row(schema.TYPE_REF, scope, *self.name(name))
        return coded(coded_index, schema.TYPE_REF, self.referenced[name])

    def member(self, owner: str, name: str, signature: bytes) -> int:
        """Return the MemberRef of another type's method."""
        key = (owner, name, signature)
        if key not in self.members:
            parent = self.type(owner, "MemberRefParent")
            self.members[key] = self.row(schema.MEMBER_REF, parent, self.text(name), self.blob(signature))
        return self.members[key]

    def element(self, kind: str) -> bytes:
        """Return a type within a signature (II.23.2.12): `string`, `object`, `int`, `byte[]`, or a class."""
        plain = {"string": b"\x0e", "object": b"\x1c", "int": b"\x08", "byte[]": b"\x1d\x05"}
        return plain.get(kind) or b"\x12" + compressed(self.type(kind, "TypeDefOrRef"))


def compressed(number: int) -> bytes:
    """Return a compressed unsigned number (II.23.2)."""
    return bytes([number]) if number < 0x80 else struct.pack(">H", 0x8000 | number)


def coded(coded_index: str, table: int, number: int) -> int:
    """Return a coded index."""
    return number << schema.tag_bits(coded_index) | schema.CODED[coded_index].index(table)


def token(table: int, number: int) -> bytes:
    """Return the token of a row, as IL has it."""
    return struct.pack("<I", table << 24 | number)
