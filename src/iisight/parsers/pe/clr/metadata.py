"""The metadata of a managed image: its streams, tables and heaps (ECMA-335 II.24)."""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.headers import MAX_NAME, MAX_NAMES

MAX_ROWS = 200_000  # of one table, read
MAX_STREAMS = 32  # five are defined
MAX_BLOB = 16 * 1024  # bytes of a public key
MAX_TEXT = 256  # characters of a string constant

_EXTRA_DATA = 0x40  # bit of HeapSizes
_UNPRINTABLE = re.compile(rb"[\x01-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table that are there."""

    format: str
    size: int  # bytes of a row
    data: memoryview

    @property
    def count(self) -> int:
        """How many rows are read."""
        return min(len(self.data) // self.size, MAX_ROWS)

    def rows(self) -> Iterator[tuple[int, ...]]:
        """Yield rows, at most MAX_ROWS."""
        return struct.iter_unpack(self.format, self.data[: self.count * self.size])

    def row(self, number: int) -> tuple[int, ...] | None:
        """Return a row by its number, which counts from 1; None when there is none."""
        if not 1 <= number <= len(self.data) // self.size:
            return None
        return struct.unpack_from(self.format, self.data, (number - 1) * self.size)


class Strings:
    """The #Strings heap, read within a budget: many rows may name one place."""

    def __init__(self, heap: memoryview, notes: list[str]) -> None:
        """Start with a full budget."""
        self._heap = bytes(heap)
        self._notes = notes
        self._left = MAX_NAMES

    def read(self, offset: int) -> str:
        """Return a string, cut at the bound of names; empty when there is none."""
        if self._left <= 0:
            self._note(f"names of the metadata are left out after {MAX_NAMES} bytes")
            return ""
        end = self._heap.find(0, offset, offset + MAX_NAME)
        raw = self._heap[offset : end if end >= 0 else offset + MAX_NAME]
        if len(raw) == MAX_NAME:
            self._note(f"names of the metadata longer than {MAX_NAME} bytes are cut")
        self._left -= len(raw) + 1
        return raw.decode("utf-8", "replace")

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    @property
    def is_plain(self) -> bool:
        """Tell whether the whole heap is printable ASCII."""
        return self._heap.isascii() and _UNPRINTABLE.search(self._heap) is None

    def full_name(self, name: int, namespace: int) -> str:
        """Return `Namespace.Name`."""
        return ".".join(part for part in (self.read(namespace), self.read(name)) if part)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Tables and heaps of an assembly, and what of them could not be read."""

    tables: Mapping[int, Table]
    strings: Strings
    blobs: memoryview
    user_strings: memoryview
    streams: tuple[str, ...]  # names as the headers give them
    has_extra: bool  # a further field behind the row counts, which no compiler writes
    notes: list[str]

    def count(self, table: int) -> int:
        """Return how many rows of a table are read."""
        return self.tables[table].count if table in self.tables else 0

    def rows(self, table: int) -> Iterator[tuple[int, ...]]:
        """Yield the rows of a table; none when it is not there."""
        return self.tables[table].rows() if table in self.tables else iter(())

    def row(self, table: int, number: int) -> tuple[int, ...] | None:
        """Return one row, or None."""
        return self.tables[table].row(number) if table in self.tables else None

    def blob(self, offset: int) -> bytes:
        """Return a blob behind its compressed length (II.24.2.4); empty when it is not all there."""
        return _sized(self.blobs, offset)

    def user_string(self, offset: int) -> str:
        """Return a string constant of the code (II.24.2.4), at most its first MAX_TEXT characters."""
        length, start = _length(self.user_strings, offset)
        # One byte behind the text tells of special characters.
        raw = bytes(self.user_strings[start : start + min(length - 1, 2 * MAX_TEXT)]) if length else b""
        return raw.decode("utf-16-le", "replace")


def read_metadata(root: memoryview) -> Metadata | None:
    """Read the metadata root (II.24.2.1) and find its streams; None when this is no metadata."""
    if len(root) < 20 or bytes(root[:4]) != b"BSJB":
        return None
    (length,) = struct.unpack_from("<I", root, 12)
    at = 16 + length
    if length > 255 or at + 4 > len(root):
        return None
    notes: list[str] = []
    found = _streams(root, at + 4, struct.unpack_from("<H", root, at + 2)[0])
    streams = dict(reversed(found))  # the first of a name counts
    tables = streams.get("#~", streams.get("#-", root[:0]))
    return Metadata(
        tables=_tables(tables, notes),
        strings=Strings(streams.get("#Strings", root[:0]), notes),
        blobs=streams.get("#Blob", root[:0]),
        user_strings=streams.get("#US", root[:0]),
        streams=tuple(name for name, _ in found),
        has_extra=len(tables) > 6 and bool(tables[6] & _EXTRA_DATA),
        notes=notes,
    )


def _sized(heap: memoryview, offset: int) -> bytes:
    """Return what lies behind a compressed length; empty when it is not all there."""
    length, start = _length(heap, offset)
    blob = bytes(heap[start : start + min(length, MAX_BLOB)])
    return blob if len(blob) == length else b""


def _length(heap: memoryview, offset: int) -> tuple[int, int]:
    """Return a compressed length and where it ends; of 0 when it is not all there."""
    head = bytes(heap[offset : offset + 4])
    if not head or head[0] >= 0xE0:
        return 0, offset
    width = 1 if head[0] < 0x80 else 2 if head[0] < 0xC0 else 4
    if len(head) < width:
        return 0, offset
    return int.from_bytes(head[:width], "big") & (0x7F, 0x3FFF, 0, 0x1FFFFFFF)[width - 1], offset + width


def _streams(root: memoryview, at: int, count: int) -> list[tuple[str, memoryview]]:
    """Read the stream headers (II.24.2.2)."""
    streams: list[tuple[str, memoryview]] = []
    for _ in range(min(count, MAX_STREAMS)):
        if at + 8 > len(root):
            break
        offset, size = struct.unpack_from("<II", root, at)
        name = bytes(root[at + 8 : at + 40]).partition(b"\0")[0]
        streams.append((name.decode("latin-1"), root[offset : offset + size]))
        at += 8 + (len(name) // 4 + 1) * 4
    return streams


def _tables(stream: memoryview, notes: list[str]) -> dict[int, Table]:
    """Cut the #~ stream (II.24.2.6) into tables; those behind an unknown table cannot be found."""
    present, rows, heap_sizes = _table_header(stream)
    if not present:
        notes.append("the metadata has no tables that can be read")
    at = 24 + 4 * len(present)
    at += 4 if heap_sizes & _EXTRA_DATA else 0  # a further field that edit-and-continue and obfuscators leave
    tables: dict[int, Table] = {}
    for number in present:
        if number >= len(schema.TABLES):
            break
        code = schema.row_format(number, rows, heap_sizes)
        size = struct.calcsize(code)
        table = Table(code, size, stream[at : at + size * rows[number]])
        if min(len(table.data) // size, MAX_ROWS) < rows[number]:
            notes.append(f"metadata table {number:#04x}: of {rows[number]} rows not all are read")
        tables[number] = table
        at += size * rows[number]
    return tables


def _table_header(stream: memoryview) -> tuple[list[int], dict[int, int], int]:
    """Return which tables are there, the rows of each, and the HeapSizes bits; none when it is cut short."""
    if len(stream) < 24:
        return [], {}, 0
    heap_sizes, valid = struct.unpack_from("<6xBxQ", stream)
    present = [number for number in range(64) if valid >> number & 1]
    if 24 + 4 * len(present) > len(stream):
        return [], {}, 0
    counts = struct.unpack_from(f"<{len(present)}I", stream, 24)
    return present, dict(zip(present, counts, strict=True)), heap_sizes
