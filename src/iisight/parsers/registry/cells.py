"""The cells of a hive: keys, lists of keys, values. Every offset, count and size is checked against the bytes.

Format: "Windows registry file format specification" (M. Suhanov), sections on the base block, cells and records.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.model.registry import Data, ValueType

BASE = 4096  # bytes of the base block; cell offsets count from its end
MAX_DATA = 1024**2  # bytes of one value that are read
MAX_LIST = 100_000  # subkeys or values of one key that are read
MAX_STRINGS = 4096  # strings of one MULTI_SZ that are kept

_NK = struct.Struct("<2sHQ4x4xI4xI4xII28xHH")  # up to the name at 76
_VK = struct.Struct("<2sHIIIH2x")  # up to the name at 20
_LATIN_NAME, _LATIN_VALUE, _SYMLINK = 0x20, 0x01, 0x10
_RESIDENT = 1 << 31
_SEGMENT = 16344  # bytes of data in one segment of a big value
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_TEXTS = frozenset({ValueType.SZ, ValueType.EXPAND_SZ, ValueType.LINK})


@dataclass(frozen=True, slots=True)
class Node:
    """A key record."""

    offset: int  # of its cell, from the end of the base block
    name: str
    written: datetime | None
    is_link: bool
    subkeys: int
    subkey_list: int
    values: int
    value_list: int


@dataclass(frozen=True, slots=True)
class Record:
    """A value record."""

    offset: int
    name: str
    type: int
    data: Data


class Cells:
    """The cells of one hive."""

    def __init__(self, data: bytes | memoryview, locator: Locator) -> None:
        """Keep the bytes of the whole file; nothing is read yet."""
        self._data = memoryview(data)
        self._locator = locator

    def error(self, message: str, offset: int) -> ParseError:
        """Return the error of a cell at an offset."""
        at = Locator(self._locator.path, offset=BASE + offset, origin=self._locator.origin)
        return ParseError(message, at)

    def cell(self, offset: int) -> memoryview:
        """Return the content of an allocated cell."""
        at = BASE + offset
        if offset < 0 or at + 4 > len(self._data):
            raise self.error("a cell outside of the hive", offset)
        (size,) = struct.unpack_from("<i", self._data, at)
        if size > -8 or at - size > len(self._data):
            raise self.error(f"expected an allocated cell inside of the hive, found size {size}", offset)
        return self._data[at + 4 : at - size]

    def node(self, offset: int) -> Node:
        """Return the key at an offset."""
        cell = self.cell(offset)
        if len(cell) < 76 or bytes(cell[:2]) != b"nk":
            raise self.error("expected a key record", offset)
        _, flags, time, subkeys, subkey_list, values, value_list, name_size, _ = _NK.unpack_from(cell)
        raw = bytes(cell[76 : 76 + name_size])
        if len(raw) < name_size:
            raise self.error("the name of a key ends outside of its cell", offset)
        name = _name(raw, bool(flags & _LATIN_NAME))
        return Node(offset, name, to_time(time), bool(flags & _SYMLINK), subkeys, subkey_list, values, value_list)

    def children(self, node: Node) -> Iterator[int]:
        """Yield the offsets of a key's subkeys, at most `MAX_LIST`."""
        if node.subkeys == 0:
            return
        kind, offsets = self._list(node.subkey_list)
        left = min(node.subkeys, MAX_LIST)
        leaves = offsets if kind == b"ri" else [node.subkey_list]
        for leaf in leaves:
            kind, offsets = self._list(leaf)
            if kind == b"ri":
                raise self.error("a list of lists inside a list of lists", leaf)
            yield from offsets[:left]
            left -= len(offsets)
            if left <= 0:
                break
        if left > 0 or node.subkeys > MAX_LIST:
            raise self.error(f"{node.subkeys} subkeys expected, not all are listed or looked at", node.offset)

    def _list(self, offset: int) -> tuple[bytes, list[int]]:
        cell = self.cell(offset)
        kind = bytes(cell[:2])
        step = {b"lf": 8, b"lh": 8, b"li": 4, b"ri": 4}.get(kind)
        if step is None:
            raise self.error("expected a list of subkeys", offset)
        (count,) = struct.unpack_from("<H", cell, 2)
        if 4 + count * step > len(cell):
            raise self.error("a list of subkeys ends outside of its cell", offset)
        return kind, [struct.unpack_from("<I", cell, 4 + i * step)[0] for i in range(count)]

    def values(self, node: Node) -> Iterator[int]:
        """Yield the offsets of a key's values, at most `MAX_LIST`."""
        if node.values == 0:
            return
        cell = self.cell(node.value_list)
        count = min(node.values, MAX_LIST)
        if count * 4 > len(cell):
            raise self.error("a list of values ends outside of its cell", node.value_list)
        yield from struct.unpack_from(f"<{count}I", cell)

    def record(self, offset: int) -> Record:
        """Return the value at an offset."""
        cell = self.cell(offset)
        if len(cell) < _VK.size or bytes(cell[:2]) != b"vk":
            raise self.error("expected a value record", offset)
        _, name_size, size, at, type_, flags = _VK.unpack_from(cell)
        raw = bytes(cell[_VK.size : _VK.size + name_size])
        if len(raw) < name_size:
            raise self.error("the name of a value ends outside of its cell", offset)
        data = self._resident(cell, size) if size & _RESIDENT else self._stored(at, size, offset)
        return Record(offset, _name(raw, bool(flags & _LATIN_VALUE)), type_, to_data(type_, data))

    def _resident(self, cell: memoryview, size: int) -> bytes:
        return bytes(cell[8 : 8 + min(size - _RESIDENT, 4)])

    def _stored(self, at: int, size: int, offset: int) -> bytes:
        if size == 0:
            return b""
        cell = self.cell(at)
        if size <= _SEGMENT or bytes(cell[:2]) != b"db":
            if size > len(cell):
                raise self.error("the data of a value ends outside of its cell", offset)
            return bytes(cell[: min(size, MAX_DATA)])
        count, segments = struct.unpack_from("<HI", cell, 2)
        listed = self.cell(segments)
        wanted = min(size, MAX_DATA)
        needed = min(count, -(-wanted // _SEGMENT))
        if needed * _SEGMENT < wanted or needed * 4 > len(listed):
            raise self.error("a big value has too few segments", offset)
        parts = (self.cell(o)[:_SEGMENT] for o in struct.unpack_from(f"<{needed}I", listed))
        return b"".join(parts)[:wanted]


def to_data(type_: int, raw: bytes) -> Data:
    """Return the bytes of a value as what its type says they are; what does not fit its type stays bytes."""
    if type_ in _TEXTS:
        return _text(raw).partition("\0")[0]
    if type_ == ValueType.MULTI_SZ:
        return tuple(s for s in _text(raw).split("\0")[:MAX_STRINGS] if s)
    if type_ == ValueType.DWORD and len(raw) == 4:
        return int.from_bytes(raw, "little")
    if type_ == ValueType.DWORD_BIG_ENDIAN and len(raw) == 4:
        return int.from_bytes(raw, "big")
    if type_ == ValueType.QWORD and len(raw) == 8:
        return int.from_bytes(raw, "little")
    return raw


def to_time(filetime: int) -> datetime | None:
    """Return a FILETIME (100 ns since 1601) as a time; None for 0 and what no calendar has."""
    try:
        return _EPOCH + timedelta(microseconds=filetime // 10) if filetime else None
    except OverflowError:
        return None


def _name(raw: bytes, is_latin: bool) -> str:
    return raw.decode("latin-1") if is_latin else raw.decode("utf-16-le", "replace")


def _text(raw: bytes) -> str:
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace")
