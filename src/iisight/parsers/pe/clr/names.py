"""Names that the rows of an assembly's tables stand for."""

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Iterable
from functools import cached_property

from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.metadata import Metadata

MAX_METHODS = 400_000  # looked at by type: hostile rows make types overlap

_MAX_NESTING = 16
_GENERIC_INSTANCE = 0x15  # ELEMENT_TYPE_GENERICINST (II.23.1.16)
_PLAIN_TYPES = (0x11, 0x12)  # ELEMENT_TYPE_VALUETYPE, ELEMENT_TYPE_CLASS

Row = tuple[int | None, int]  # table and number


def target(coded_index: str, value: int) -> Row:
    """Return the table a coded index chooses, and the row."""
    tables = schema.CODED[coded_index]
    bits = schema.tag_bits(coded_index)
    tag = value & ((1 << bits) - 1)
    return tables[tag] if tag < len(tables) else None, value >> bits


def compressed(data: bytes, at: int) -> tuple[int, int]:
    """Return a compressed unsigned number (II.23.2) and where it ends; (0, len) when it is cut short."""
    if at >= len(data):
        return 0, len(data)
    first = data[at]
    width = 1 if first < 0x80 else 2 if first < 0xC0 else 4
    return int.from_bytes(data[at : at + width], "big") & (0x7F, 0x3FFF, 0, 0x1FFFFFFF)[width - 1], at + width


def token_of_key(key: bytes) -> str:
    """Return the token of a public key: the last eight bytes of its SHA-1, backwards (II.6.3)."""
    return hashlib.sha1(key, usedforsecurity=False).digest()[:-9:-1].hex() if key else ""


class Names:
    """Answers what a row is called. Empty: cannot be told."""

    def __init__(self, metadata: Metadata) -> None:
        """Read nothing yet."""
        self.metadata = metadata
        self._types: dict[Row, str] = {}
        self._plain: dict[int, list[str]] = {}
        self._left = MAX_METHODS

    def note(self, text: str) -> None:
        """Say once what could not be read."""
        if text not in self.metadata.notes:
            self.metadata.notes.append(text)

    def type(self, table: int | None, number: int) -> str:
        """Return the full name of a row of TypeDef, TypeRef or TypeSpec: `Namespace.Outer+Nested`."""
        key = (table, number)
        if key not in self._types:
            self._types[key] = self._type(*self.definition(table, number))
        return self._types[key]

    def plain(self, table: int) -> list[str]:
        """Return the names of all rows of TypeDef or TypeRef, without namespace and outer types."""
        if table not in self._plain:
            read = self.metadata.strings.read
            self._plain[table] = [read(row[1]) for row in self.metadata.rows(table)]
        return self._plain[table]

    def called(self, wanted: Collection[str], tables: Iterable[int]) -> dict[Row, str]:
        """Return the rows of TypeDef or TypeRef whose full name is wanted."""
        plain = {name.rpartition(".")[2] for name in wanted}
        rows = ((table, n) for table in tables for n, name in enumerate(self.plain(table), 1) if name in plain)
        return {row: name for row in rows if (name := self.type(*row)) in wanted}

    def definition(self, table: int | None, number: int) -> Row:
        """Return the row itself, or the type that a TypeSpec is made of: `GENERICINST CLASS type …` (II.23.2.14)."""
        if table != schema.TYPE_SPEC:
            return table, number
        row = self.metadata.row(schema.TYPE_SPEC, number)
        signature = self.metadata.blob(row[0]) if row else b""
        start = 1 if signature[:1] == bytes([_GENERIC_INSTANCE]) else 0
        if len(signature) < start + 2 or signature[start] not in _PLAIN_TYPES:
            return None, 0
        return target("TypeDefOrRef", compressed(signature, start + 1)[0])

    def owner(self, method: int) -> int:
        """Return the TypeDef that a MethodDef belongs to: the last whose methods begin at or before it."""
        return bisect_right(self._first_methods, method)

    def methods(self, type_number: int) -> range:
        """Return the methods of a TypeDef."""
        firsts = self._first_methods
        if not 1 <= type_number <= len(firsts):
            return range(0)
        last = self.metadata.count(schema.METHOD_DEF) + 1
        end = firsts[type_number] if type_number < len(firsts) else last
        found = range(max(1, firsts[type_number - 1]), min(end, last))
        if len(found) > self._left:
            self.note(f"methods of types are left out after {MAX_METHODS}")
            return range(0)
        self._left -= len(found)
        return found

    def method(self, number: int) -> str:
        """Return `Type::Method` of a MethodDef."""
        row = self.metadata.row(schema.METHOD_DEF, number)
        if row is None:
            return ""
        return f"{self.type(schema.TYPE_DEF, self.owner(number))}::{self.metadata.strings.read(row[3])}"

    def member_parent(self, coded: int) -> Row:
        """Return the type that a MemberRef's parent is, or is made of."""
        table, number = target("MemberRefParent", coded)
        if table == schema.METHOD_DEF:
            return schema.TYPE_DEF, self.owner(number)
        return self.definition(table, number)

    @cached_property
    def _first_methods(self) -> list[int]:
        return [row[5] for row in self.metadata.rows(schema.TYPE_DEF)]

    @cached_property
    def _enclosing(self) -> dict[int, int]:
        return dict(self.metadata.rows(schema.NESTED_CLASS))  # type: ignore[arg-type]  # two columns (II.22.32)

    def _type(self, table: int | None, number: int) -> str:
        # Name and namespace are columns 1 and 2 of both tables.
        row = self.metadata.row(table, number) if table in (schema.TYPE_DEF, schema.TYPE_REF) else None
        if table is None or row is None:
            return ""
        parts = [self.metadata.strings.full_name(row[1], row[2])]
        for _ in range(_MAX_NESTING):
            number = self._outer(table, number, row)
            row = self.metadata.row(table, number) if number else None
            if row is None:
                break
            parts.append(self.metadata.strings.full_name(row[1], row[2]))
        return "+".join(reversed(parts))

    def _outer(self, table: int, number: int, row: tuple[int, ...]) -> int:
        """Return the row of the type around a type; 0 when there is none."""
        if table == schema.TYPE_DEF:
            return self._enclosing.get(number, 0)
        scope, outer = target("ResolutionScope", row[0])
        return outer if scope == schema.TYPE_REF else 0
