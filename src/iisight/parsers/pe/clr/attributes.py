"""Attributes put on an assembly, with their arguments (ECMA-335 II.22.10, II.23.3)."""

import struct
from collections.abc import Iterator

from iisight.model.examination import ManagedAttribute
from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.facts import constructor_type
from iisight.parsers.pe.clr.names import Names, compressed, target
from iisight.parsers.pe.clr.signatures import parameter_types
from iisight.parsers.pe.clr.tables import column

MAX_ATTRIBUTES = 256
MAX_TEXT = 1024  # characters of one argument

_PROLOG = b"\x01\x00"
_FORMATS = {
    "bool": "?",
    "char": "H",
    "sbyte": "b",
    "byte": "B",
    "short": "h",
    "ushort": "H",
    "int": "i",
    "uint": "I",
    "long": "q",
    "ulong": "Q",
    "float": "f",
    "double": "d",
}
_TEXTS = ("string", "System.Type")


def read_attributes(names: Names) -> tuple[ManagedAttribute, ...]:
    """Return the attributes of assembly and module that start code or tell how it was built."""
    wanted = column("attributes", "type") | column("obfuscators", "type")
    found: list[ManagedAttribute] = []
    for constructor, value in _rows(names):
        name = constructor_type(names, constructor)
        if name in wanted and len(found) < MAX_ATTRIBUTES:
            found.append(ManagedAttribute(name, tuple(_arguments(names, constructor, value))))
    return tuple(sorted(set(found), key=lambda a: (a.type, a.arguments)))


def _rows(names: Names) -> Iterator[tuple[int, int]]:
    """Yield constructor and value of the attributes on the assembly and its module."""
    bits, tables = schema.tag_bits("HasCustomAttribute"), schema.CODED["HasCustomAttribute"]
    owners = {1 << bits | tables.index(table) for table in (schema.ASSEMBLY, schema.MODULE)}
    for owner, constructor, value in names.metadata.rows(schema.CUSTOM_ATTRIBUTE):
        if owner in owners:
            yield constructor, value


def _arguments(names: Names, constructor: int, offset: int) -> Iterator[str]:
    """Yield the fixed arguments as text; ends at one that cannot be told."""
    table, number = target("CustomAttributeType", constructor)
    row = names.metadata.row(table, number) if table is not None else None
    value = names.metadata.blob(offset)
    if row is None or value[:2] != _PROLOG:
        return
    at = 2
    for kind in parameter_types(names, names.metadata.blob(row[4 if table == schema.METHOD_DEF else 2])):
        text, at = _argument(kind, value, at)
        if text is None:
            return
        yield text[:MAX_TEXT]


def _argument(kind: str, value: bytes, at: int) -> tuple[str | None, int]:
    """Return one argument and where it ends; None when it cannot be told."""
    if kind in _TEXTS:
        if value[at : at + 1] == b"\xff":
            return "", at + 1
        length, at = compressed(value, at)
        return value[at : at + length].decode("utf-8", "replace"), at + length
    if kind == "object" or kind.endswith(("[]", "&", "*", ">")):
        return None, at
    code = "<" + _FORMATS.get(kind, "i")  # any other type is an enumeration, of int as nearly all are
    size = struct.calcsize(code)
    return (str(struct.unpack_from(code, value, at)[0]), at + size) if at + size <= len(value) else (None, at)
