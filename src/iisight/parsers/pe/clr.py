"""The CLR header of a managed image, and the facts of its metadata that tell an assembly apart (ECMA-335)."""

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.pe import clr_schema as schema
from iisight.parsers.pe.headers import CLR, MAX_NAME, MAX_NAMES, View, read_headers

MAX_ROWS = 200_000  # of one table, read
MAX_STREAMS = 32  # five are defined
MAX_BLOB = 16 * 1024  # bytes of a public key

_HEADER_SIZE = 72
_IL_ONLY, _REQUIRES_32BIT = 1, 2
_ASSEMBLY_TAG = schema.CODED["HasCustomAttribute"].index(schema.ASSEMBLY)


@dataclass(frozen=True, slots=True)
class ClrHeader:
    """IMAGE_COR20_HEADER, as far as it is needed (ECMA-335 II.25.3.3)."""

    flags: int
    metadata: tuple[int, int]  # RVA, size


@dataclass(frozen=True, slots=True)
class AssemblyFacts:
    """Who an assembly says it is, and what it names; empty for what could not be read."""

    name: str
    version: str  # `4.0.0.0`
    public_key_token: str  # sixteen hex digits; empty: not strong-named
    type_refs: tuple[str, ...]  # `Namespace.Name`, in the order of the table
    assembly_attributes: tuple[str, ...]  # types of the custom attributes of the assembly itself, sorted


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of one table that are there."""

    format: str
    data: memoryview

    def rows(self) -> Iterator[tuple[int, ...]]:
        """Yield rows, at most MAX_ROWS."""
        size = struct.calcsize(self.format)
        count = min(len(self.data) // size, MAX_ROWS)
        return struct.iter_unpack(self.format, self.data[: count * size])

    def row(self, number: int) -> tuple[int, ...] | None:
        """Return a row by its number, which counts from 1; None when there is none."""
        size = struct.calcsize(self.format)
        if not 1 <= number <= len(self.data) // size:
            return None
        return struct.unpack_from(self.format, self.data, (number - 1) * size)


class _Strings:
    """The #Strings heap, read within a budget: many rows may name one place."""

    def __init__(self, heap: memoryview) -> None:
        """Start with a full budget."""
        self._heap = heap
        self._left = MAX_NAMES

    def read(self, offset: int) -> str:
        """Return a string, cut at the bound of names; empty when there is none."""
        if self._left <= 0:
            return ""
        raw = bytes(self._heap[offset : offset + MAX_NAME]).partition(b"\0")[0]
        self._left -= len(raw) + 1
        return raw.decode("utf-8", "replace")

    def full_name(self, name: int, namespace: int) -> str:
        """Return `Namespace.Name`."""
        return ".".join(part for part in (self.read(namespace), self.read(name)) if part)


@dataclass(frozen=True, slots=True)
class _Metadata:
    """Tables and heaps of an assembly."""

    tables: Mapping[int, _Table]
    strings: _Strings
    blobs: memoryview

    def rows(self, table: int) -> Iterator[tuple[int, ...]]:
        """Yield the rows of a table; none when it is not there."""
        return self.tables[table].rows() if table in self.tables else iter(())

    def row(self, table: int, number: int) -> tuple[int, ...] | None:
        """Return one row, or None."""
        return self.tables[table].row(number) if table in self.tables else None


def read_clr_header(view: View, notes: list[str]) -> ClrHeader | None:
    """Read the CLR header; None when the image is not managed."""
    rva, _ = view.directory(CLR)
    if not rva:
        return None
    raw = view.read(rva, _HEADER_SIZE)
    if len(raw) < _HEADER_SIZE or struct.unpack_from("<I", raw)[0] < _HEADER_SIZE:
        notes.append(f"the CLR header at RVA {rva:#x} cannot be read")
        return None
    metadata_rva, metadata_size, flags = struct.unpack_from("<8x3I", raw)
    return ClrHeader(flags, (metadata_rva, metadata_size))


def is_any_cpu(view: View, clr: ClrHeader | None) -> bool:
    """Tell whether the image runs at either word size: PE32, IL alone, not bound to 32 bits."""
    return (
        clr is not None and not view.image.is_64bit and clr.flags & (_IL_ONLY | _REQUIRES_32BIT) == _IL_ONLY
    )


def assembly_facts(data: bytes | memoryview) -> AssemblyFacts | None:
    """Read name, references and assembly-level attributes; None when it has no metadata that can be read."""
    try:
        view = read_headers(data, Locator(""))
    except ParseError:
        return None
    clr = read_clr_header(view, [])
    metadata = None if clr is None else _read_metadata(view.read(*clr.metadata))
    if metadata is None:
        return None
    name, version, token = _identity(metadata)
    attributes = tuple(sorted(_assembly_attributes(metadata)))
    references = (metadata.strings.full_name(row[1], row[2]) for row in metadata.rows(schema.TYPE_REF))
    return AssemblyFacts(name, version, token, tuple(filter(None, references)), attributes)


def _read_metadata(root: memoryview) -> _Metadata | None:
    """Read the metadata root (II.24.2.1) and find its streams."""
    if len(root) < 20 or bytes(root[:4]) != b"BSJB":
        return None
    (length,) = struct.unpack_from("<I", root, 12)
    at = 16 + length
    if length > 255 or at + 4 > len(root):
        return None
    streams = _streams(root, at + 4, struct.unpack_from("<H", root, at + 2)[0])
    tables = streams.get("#~", streams.get("#-", root[:0]))
    return _Metadata(
        tables=_tables(tables),
        strings=_Strings(streams.get("#Strings", root[:0])),
        blobs=streams.get("#Blob", root[:0]),
    )


def _streams(root: memoryview, at: int, count: int) -> dict[str, memoryview]:
    """Read the stream headers (II.24.2.2); the first of a name counts."""
    streams: dict[str, memoryview] = {}
    for _ in range(min(count, MAX_STREAMS)):
        if at + 8 > len(root):
            break
        offset, size = struct.unpack_from("<II", root, at)
        name = bytes(root[at + 8 : at + 40]).partition(b"\0")[0]
        streams.setdefault(name.decode("latin-1"), root[offset : offset + size])
        at += 8 + (len(name) // 4 + 1) * 4
    return streams


def _tables(stream: memoryview) -> dict[int, _Table]:
    """Cut the #~ stream (II.24.2.6) into tables; those behind an unknown table cannot be found."""
    if len(stream) < 24:
        return {}
    heap_sizes, valid = struct.unpack_from("<6xBxQ", stream)
    present = [number for number in range(64) if valid >> number & 1]
    at = 24 + 4 * len(present)
    if at > len(stream):
        return {}
    rows = dict(zip(present, struct.unpack_from(f"<{len(present)}I", stream, 24), strict=True))
    at += 4 if heap_sizes & 0x40 else 0  # a further field that edit-and-continue and obfuscators leave
    tables: dict[int, _Table] = {}
    for number in present:
        if number >= len(schema.TABLES):
            break
        code = schema.row_format(number, rows, heap_sizes)
        end = at + struct.calcsize(code) * rows[number]
        tables[number] = _Table(code, stream[at:end])
        at = end
    return tables


def _identity(metadata: _Metadata) -> tuple[str, str, str]:
    """Return name, version and public key token from the one row of table Assembly (II.22.2)."""
    row = metadata.row(schema.ASSEMBLY, 1)
    if row is None:
        return "", "", ""
    key = _blob(metadata.blobs, row[6])
    # The token is the last eight bytes of the key's SHA-1, backwards (II.6.3); it protects nothing here.
    token = hashlib.sha1(key, usedforsecurity=False).digest()[:-9:-1].hex() if key else ""
    return metadata.strings.read(row[7]), ".".join(str(part) for part in row[1:5]), token


def _blob(heap: memoryview, offset: int) -> bytes:
    """Return a blob behind its compressed length (II.24.2.4); empty when it is not all there."""
    head = bytes(heap[offset : offset + 4])
    if not head or head[0] >= 0xE0:
        return b""
    width = 1 if head[0] < 0x80 else 2 if head[0] < 0xC0 else 4
    if len(head) < width:
        return b""
    length = int.from_bytes(head[:width], "big") & (0x7F, 0x3FFF, 0, 0x1FFFFFFF)[width - 1]
    blob = bytes(heap[offset + width : offset + width + min(length, MAX_BLOB)])
    return blob if len(blob) == length else b""


def _assembly_attributes(metadata: _Metadata) -> set[str]:
    """Return the types of the attributes put on the assembly (II.22.10)."""
    bits = schema.tag_bits("HasCustomAttribute")
    assembly = 1 << bits | _ASSEMBLY_TAG
    constructors = {row[1] for row in metadata.rows(schema.CUSTOM_ATTRIBUTE) if row[0] == assembly}
    methods = [row[5] for row in metadata.rows(schema.TYPE_DEF)] if constructors else []
    names = (_constructor_type(metadata, coded, methods) for coded in constructors)
    return {name for name in names if name}


def _constructor_type(metadata: _Metadata, coded: int, methods: list[int]) -> str:
    """Return the type whose constructor a CustomAttributeType names; empty when it cannot be told."""
    bits = schema.tag_bits("CustomAttributeType")
    table = _table_of("CustomAttributeType", coded)
    if table == schema.METHOD_DEF:  # a type of this assembly: the last whose methods begin at or before it
        return _type_name(metadata, schema.TYPE_DEF, bisect_right(methods, coded >> bits))
    row = metadata.row(schema.MEMBER_REF, coded >> bits) if table == schema.MEMBER_REF else None
    if row is None:
        return ""
    return _type_name(
        metadata, _table_of("MemberRefParent", row[0]), row[0] >> schema.tag_bits("MemberRefParent")
    )


def _table_of(coded_index: str, value: int) -> int | None:
    """Return the table a coded index chooses."""
    tables = schema.CODED[coded_index]
    tag = value & ((1 << schema.tag_bits(coded_index)) - 1)
    return tables[tag] if tag < len(tables) else None


def _type_name(metadata: _Metadata, table: int | None, number: int) -> str:
    """Return the full name of a row of TypeDef or TypeRef, whose name and namespace are columns 1 and 2."""
    row = metadata.row(table, number) if table in (schema.TYPE_DEF, schema.TYPE_REF) else None
    return metadata.strings.full_name(row[1], row[2]) if row else ""
