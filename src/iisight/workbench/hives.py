"""Write inert registry hives and their transaction logs: what Windows would have, with just the keys of a test.

Format: "Windows registry file format specification" (M. Suhanov).
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from iisight.model.registry import Data, ValueType
from iisight.parsers.registry.logs import marvin32
from iisight.parsers.registry.memory import type_of

WRITTEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_BASE, _BIN, _SEGMENT = 4096, 4096, 16344
_NONE = 0xFFFFFFFF
_FORMER, _PER_LEAF = 0x7FFF, 500


@dataclass(slots=True)
class _Node:
    name: str
    values: dict[str, Data] = field(default_factory=dict)
    children: dict[str, "_Node"] = field(default_factory=dict)


def write(
    keys: Mapping[str, Mapping[str, Data]],
    *,
    written: datetime = WRITTEN,
    sequences: tuple[int, int] = (1, 1),
    kind: bytes = b"lh",
) -> bytes:
    r"""Return a hive with these keys, given by path below its root (`ControlSet001\Services\W3SVC`).

    `kind` is that of its lists of subkeys. A key whose only value is `SymbolicLinkValue` becomes a link.
    """
    root = _Node("ROOT")
    for path, values in keys.items():
        node = root
        for part in path.split("\\") if path else ():
            node = node.children.setdefault(part.upper(), _Node(part))
        node.values.update(values)
    writer = _Writer(int((written - _EPOCH).total_seconds()) * 10_000_000, kind)
    start = writer.node(root, _NONE)
    return _base(start, len(writer.bins()), sequences) + writer.bins()


class _Writer:
    """Cells, one behind the other."""

    def __init__(self, time: int, kind: bytes) -> None:
        self._time, self._kind = time, kind
        self._cells = bytearray()

    def bins(self) -> bytes:
        """Return one bin that holds all cells, filled up with a free one."""
        size = -(-(32 + len(self._cells) + 8) // _BIN) * _BIN
        free = size - 32 - len(self._cells)
        head = struct.pack("<4sII8xQI", b"hbin", 0, size, self._time, 0)
        return head + bytes(self._cells) + struct.pack("<i", free) + bytes(free - 4)

    def cell(self, content: bytes) -> int:
        """Append a cell and return its offset."""
        size = -(-(len(content) + 4) // 8) * 8
        offset = 32 + len(self._cells)
        self._cells += struct.pack("<i", -size) + content + bytes(size - 4 - len(content))
        return offset

    def node(self, node: _Node, parent: int) -> int:
        """Append a key, what is below it first, and return its offset."""
        children = [self.node(node.children[name], 0) for name in sorted(node.children)]
        values = [self._value(name, data) for name, data in node.values.items()]
        value_list = self.cell(struct.pack(f"<{len(values)}I", *values)) if values else _NONE
        is_link = list(node.values) == ["SymbolicLinkValue"]
        is_latin = node.name.isascii()
        name = node.name.encode("latin-1" if is_latin else "utf-16-le")
        flags = (0x20 if is_latin else 0) | (0x10 if is_link else 0) | (0x4 if parent == _NONE else 0)
        head = struct.pack("<2sHQII", b"nk", flags, self._time, 0, parent if parent != _NONE else 0)
        lists = struct.pack("<IIIIII", len(children), 0, self._list(children), _NONE, len(values), value_list)
        return self.cell(head + lists + struct.pack("<II20xHH", _NONE, _NONE, len(name), 0) + name)

    def _list(self, children: list[int]) -> int:
        if not children:
            return _NONE
        if self._kind != b"ri":
            return self._leaf(self._kind, children)
        leaves = [self._leaf(b"li", children[i : i + _PER_LEAF]) for i in range(0, len(children), _PER_LEAF)]
        return self.cell(struct.pack(f"<2sH{len(leaves)}I", b"ri", len(leaves), *leaves))

    def _leaf(self, kind: bytes, children: list[int]) -> int:
        words = children if kind == b"li" else [word for child in children for word in (child, 0)]
        return self.cell(struct.pack(f"<2sH{len(words)}I", kind, len(children), *words))

    def _value(self, name: str, data: Data) -> int:
        raw = _raw(data)
        size, at = len(raw), 0
        if size <= 4:
            size, at = size | 1 << 31, int.from_bytes(raw, "little")
        elif size > _SEGMENT:
            segments = [self.cell(raw[i : i + _SEGMENT]) for i in range(0, size, _SEGMENT)]
            listed = self.cell(struct.pack(f"<{len(segments)}I", *segments))
            at = self.cell(struct.pack("<2sHI", b"db", len(segments), listed))
        else:
            at = self.cell(raw)
        type_ = ValueType.LINK if name == "SymbolicLinkValue" else type_of(data)
        encoded = name.encode("latin-1" if name.isascii() else "utf-16-le")
        flags = 1 if name.isascii() else 0
        return self.cell(struct.pack("<2sHIIIHH", b"vk", len(encoded), size, at, type_, flags, 0) + encoded)


def _raw(data: Data) -> bytes:
    if isinstance(data, str):
        return f"{data}\0".encode("utf-16-le")
    if isinstance(data, tuple):
        return "".join(f"{text}\0" for text in (*data, "")).encode("utf-16-le")
    return data if isinstance(data, bytes) else data.to_bytes(4, "little")


def _base(root: int, size: int, sequences: tuple[int, int]) -> bytes:
    head = struct.pack("<4sIIQIIIIIII", b"regf", *sequences, 0, 1, 5, 0, 1, root, size, 1)
    return _summed(head + bytes(508 - len(head))) + bytes(_BASE - 512)


def _summed(sector: bytes) -> bytes:
    total = 0
    for word in struct.unpack("<127I", sector):
        total ^= word
    return sector + struct.pack("<I", total)


def write_log(base: bytes, entries: Sequence[tuple[int, Mapping[int, bytes]]]) -> bytes:
    """Return a transaction log of the new format: entries of (sequence number, pages by offset in the hive bins)."""
    (bins,) = struct.unpack_from("<I", base, 40)
    log = bytearray(base[:512])
    for sequence, pages in entries:
        listed = b"".join(struct.pack("<II", offset, len(page)) for offset, page in pages.items())
        body = listed + b"".join(pages.values())
        size = -(-(40 + len(body)) // 512) * 512
        body += bytes(size - 40 - len(body))
        head = struct.pack("<4sIIIIIQ", b"HvLE", size, 0, sequence, bins, len(pages), marvin32(body))
        log += head + struct.pack("<Q", marvin32(head)) + body
    return bytes(log)


def write_old_log(base: bytes, sectors: Mapping[int, bytes]) -> bytes:
    """Return a transaction log of the old format: sectors of 512 bytes by their number in the hive bins."""
    (bins,) = struct.unpack_from("<I", base, 40)
    bitmap = bytearray(bins // 512 // 8)
    for number in sectors:
        bitmap[number // 8] |= 1 << number % 8
    head = _summed(base[:4] + struct.pack("<II", 1, 1) + base[12:508]) + b"DIRT" + bytes(bitmap)
    head += bytes(-len(head) % 512)
    return head + b"".join(sectors[number] for number in sorted(sectors))
