"""The version resource of a PE file (VS_VERSIONINFO)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from iisight.model.binary import VersionInfo
from iisight.parsers.pe.headers import View
from iisight.parsers.pe.resources import VERSION_TYPE, Budget, leaves

MAX_BLOCK = 1024 * 1024  # bytes of a version block
MAX_NODES = 1024  # of a version block, visited
MAX_BLOCKS = 4  # one a language; further ones are read only when the first have no strings

_FIXED, _DEBUG = 0xFEEF04BD, 1  # signature of VS_FIXEDFILEINFO; VS_FF_DEBUG
_ENGLISH = ("040904b0", "040904e4")  # U.S. English; Unicode, Windows-1252
_FIELDS = {
    "companyname": "company",
    "productname": "product",
    "filedescription": "description",
    "originalfilename": "original_name",
    "internalname": "internal_name",
    "fileversion": "file_version",
    "productversion": "product_version",
    "legalcopyright": "copyright",
}
_CONTROLS = dict.fromkeys(range(0x20), "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True)
class _Node:
    """A node of the version block: offsets into it."""

    key: str
    value: int  # where the value begins
    value_length: int  # as claimed: bytes, or UTF-16 units
    end: int


def read_version(view: View, notes: list[str]) -> VersionInfo | None:
    """Read the strings that say whose file it is; None when there is no version resource that can be read."""
    nodes = Budget(MAX_NODES, "version information", notes)
    for block in islice(_blocks(view, notes), MAX_BLOCKS):
        strings = _strings(block, nodes)
        if strings is not None:
            return VersionInfo(**{_FIELDS[key]: text for key, text in strings.items() if key in _FIELDS})
        notes.append("a version resource has no strings that can be read")
    return None


def says_debug(view: View) -> bool:
    """Tell whether the version information calls the file a debug build (VS_FF_DEBUG of VS_FIXEDFILEINFO)."""
    nodes = Budget(MAX_NODES, "version information", [])
    for block in islice(_blocks(view, []), 1):
        root = next(_nodes(block, 0, len(block), nodes), None)
        fixed = b"" if root is None else block[root.value : root.value + root.value_length]
        if len(fixed) >= 32:
            signature, mask, flags = struct.unpack_from("<I20xII", fixed)
            return bool(signature == _FIXED and mask & flags & _DEBUG)
    return False


def _blocks(view: View, notes: list[str]) -> Iterator[bytes]:
    """Yield the version blocks: type 16, any name, any language."""
    for leaf in leaves(view, notes, VERSION_TYPE):
        block = view.read(leaf.rva, min(leaf.size, MAX_BLOCK))
        if len(block) < leaf.size:
            notes.append(f"the version resource: {leaf.size} bytes claimed, {len(block)} read")
        yield bytes(block)


def _strings(block: bytes, budget: Budget) -> dict[str, str] | None:
    """Return the strings of the English table, or else of the first one; keys in lower case."""
    root = next(_nodes(block, 0, len(block), budget), None)
    if root is None or root.key != "VS_VERSION_INFO":
        return None
    tables: dict[str, dict[str, str]] = {}
    for info in _nodes(block, root.value + root.value_length, root.end, budget):
        if info.key == "StringFileInfo":
            for table in _nodes(block, info.value, info.end, budget):
                tables.setdefault(table.key.lower(), _texts(block, table, budget))
    if not tables:
        return None
    return next((tables[key] for key in _ENGLISH if key in tables), next(iter(tables.values())))


def _texts(block: bytes, table: _Node, budget: Budget) -> dict[str, str]:
    """Return the strings of a table that say anything."""
    texts: dict[str, str] = {}
    for node in _nodes(block, table.value, table.end, budget):
        # Compilers disagree whether the length counts bytes or units: the value ends at its NUL or its node.
        raw = _wide(block[node.value : node.end]) if node.value_length else b""
        text = raw.decode("utf-16-le", "replace").strip("\0 \t\r\n").translate(_CONTROLS)
        if text:
            texts.setdefault(node.key.lower(), text)
    return texts


def _nodes(block: bytes, start: int, end: int, budget: Budget) -> Iterator[_Node]:
    """Yield the nodes that lie one behind the other, each on a 32-bit boundary."""
    at = _align(start)
    end = min(end, len(block))
    while at + 6 <= end and budget.spend():
        length, value_length, _ = struct.unpack_from("<3H", block, at)
        if length < 8:
            return
        key = _wide(block[at + 6 : min(at + length, end, at + 6 + 512)])
        value = _align(at + 6 + len(key) + 2)
        yield _Node(key.decode("utf-16-le", "replace"), value, value_length, min(at + length, end))
        at = _align(at + length)


def _wide(raw: bytes) -> bytes:
    """Return a UTF-16 string's bytes up to its NUL."""
    end = raw.find(b"\0\0")
    while end % 2 and end >= 0:
        end = raw.find(b"\0\0", end + 1)
    return raw[: len(raw) & ~1] if end < 0 else raw[:end]


def _align(offset: int) -> int:
    """Return the next multiple of four."""
    return (offset + 3) & ~3
