"""Parts of PE files that no builder of the product writes, patched into files that it built."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iisight.workbench.pe_layout import Headers, Part, Region, write_image

CODE, DATA = 0x1000, 0x2000  # RVAs of the sections of `Sample`
BASE = 0x180000000
START = 0x80  # of the PE signature, as the builder writes it
OPTIONAL = START + 24

Tree = Mapping[int | str, Mapping[int | str, bytes]]  # type → name → content


@dataclass
class Sample:
    """A 64-bit DLL of a section of code and one of data, to be filled."""

    code: Region = field(default_factory=lambda: Region(CODE, bytearray(b"\xc3")))
    data: Region = field(default_factory=lambda: Region(DATA))
    directories: dict[int, tuple[int, int]] = field(default_factory=dict)
    names: tuple[str, str] = (".text", ".rdata")
    access: tuple[str, str] = ("rx", "r")
    entry: int = CODE
    stamp: int = 0

    def build(self) -> bytes:
        headers = Headers("x64", True, self.stamp, self.entry, self.directories)
        regions = (self.code, self.data)
        return write_image(headers, [Part(*part) for part in zip(self.names, self.access, regions, strict=True)])

    def put(self, directory: int, table: bytes) -> None:
        self.directories[directory] = (self.data.put(table, 8), len(table))


def patch(data: bytes, at: int, code: str, *values: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(code, changed, at, *values)
    return bytes(changed)


def directory_at(number: int) -> int:
    """Return where a data directory of a PE32+ file stands."""
    return OPTIONAL + 112 + 8 * number


def checksum(data: bytes) -> int:
    """Return the checksum word by word, as imagehlp adds it up; its field must be 0."""
    total = 0
    for (word,) in struct.iter_unpack("<H", data + bytes(len(data) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


def debug_directory(sample: Sample, entries: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Put records (stamp, type, content) and return the directory of them."""
    places = [(stamp, kind, len(record), sample.data.put(record)) for stamp, kind, record in entries]
    return b"".join(struct.pack("<IIHHIIII", 0, stamp, 0, 0, kind, size, at, 0) for stamp, kind, size, at in places)


def rich(tools: Sequence[tuple[int, int]], stub: bytes, key: int | None = None) -> bytes:
    """Return a Rich header behind a DOS stub, whose key is the right one unless given."""
    if key is None:
        key = len(stub)
        for at, byte in enumerate(stub):
            key += 0 if 0x3C <= at < 0x40 else _rotate(byte, at)
        key = (key + sum(_rotate(tool, count) for tool, count in tools)) & 0xFFFFFFFF
    words = (0x536E6144, 0, 0, 0, *(word for pair in tools for word in pair))
    return struct.pack(f"<{len(words)}I", *(word ^ key for word in words)) + b"Rich" + struct.pack("<I", key)


def put_resources(sample: Sample, tree: Tree) -> None:
    """Put a resource section of one language into the data."""
    start = sample.data.put(b"", 8)
    count = sum(len(names) for names in tree.values())
    leaves_at = 16 + 8 * len(tree) + sum(16 + 8 * len(names) for names in tree.values()) + 24 * count
    tables, below = bytearray(_head(tree)), 16 + 8 * len(tree)
    texts, contents = bytearray(), bytearray()
    texts_at = leaves_at + 16 * count
    contents_at = texts_at + sum(
        2 + 2 * len(n) for n in (*tree, *(n for names in tree.values() for n in names)) if isinstance(n, str)
    )

    def number(name: int | str) -> int:
        if isinstance(name, int):
            return name
        at = texts_at + len(texts)
        texts.extend(struct.pack("<H", len(name)) + name.encode("utf-16-le"))
        return at | 0x80000000

    language_at = below + sum(16 + 8 * len(names) for names in tree.values())
    second, third, leaves = bytearray(), bytearray(), bytearray()
    for kind, names in tree.items():
        tables += struct.pack("<II", number(kind), below + len(second) | 0x80000000)
        second += _head(names)
        for name, content in names.items():
            second += struct.pack("<II", number(name), language_at + len(third) | 0x80000000)
            third += struct.pack("<12xHHII", 0, 1, 1033, leaves_at + len(leaves))
            leaves += struct.pack("<IIII", start + contents_at + len(contents), len(content), 0, 0)
            contents += content
    sample.directories[2] = (sample.data.put(bytes(tables + second + third + leaves + texts + contents), 8), 16)


def _head(table: Mapping[int | str, object]) -> bytes:
    named = sum(isinstance(name, str) for name in table)
    return struct.pack("<12xHH", named, len(table) - named)


def _rotate(value: int, count: int) -> int:
    count &= 31
    return (value << count | value >> 32 - count) & 0xFFFFFFFF
