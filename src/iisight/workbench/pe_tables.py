"""Export, import and version tables of a PE file, written."""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iisight.workbench.pe_layout import Region

Place = tuple[int, int]  # RVA, size


@dataclass(frozen=True, slots=True)
class Functions:
    """Where the code of exported functions lies."""

    common: int  # RVA
    own: Mapping[str, int]  # of those that do not share it


_VERSION_TEXTS = {
    "company": "CompanyName",
    "product": "ProductName",
    "description": "FileDescription",
    "original_name": "OriginalFilename",
    "internal_name": "InternalName",
    "file_version": "FileVersion",
    "product_version": "ProductVersion",
    "copyright": "LegalCopyright",
}
_LANGUAGE, _CODEPAGE = 0x0409, 0x04B0  # U.S. English, Unicode


def put_exports(region: Region, exports: Sequence[str], code: Functions, dll: str) -> Place:
    """Write the export table: ordinals from 1 in the order given, as their code lies."""
    pairs = [export.partition("=") for export in exports]
    by_name = sorted((name.encode(), index) for index, (name, _, _) in enumerate(pairs))
    names = [region.put(name + b"\0", 1) for name, _ in by_name]
    title = region.put_text(dll)
    # A forwarder is told by its address, which lies between the start and the end of this directory.
    start = region.put(bytes(40))
    addresses = [region.put_text(forward) if forward else code.own.get(name, code.common) for name, _, forward in pairs]
    tables = (
        region.put(struct.pack(f"<{len(pairs)}I", *addresses)),
        region.put(struct.pack(f"<{len(pairs)}I", *names)),
        region.put(struct.pack(f"<{len(pairs)}H", *(index for _, index in by_name))),
    )
    header = struct.pack("<12x7I", title, 1, len(pairs), len(pairs), *tables)
    region.data[start - region.rva : start - region.rva + 40] = header
    return start, region.rva + len(region.data) - start


def put_imports(region: Region, imports: Mapping[str, Sequence[str]], *, wide: bool) -> tuple[Place, Place]:
    """Write the import tables; return the places of the descriptors and of the address tables."""
    thunks = [_thunks(region, functions, wide=wide) for functions in imports.values()]
    titles = [region.put_text(dll) for dll in imports]
    addresses = [region.put(table, 8) for table in thunks]
    addresses_end = region.rva + len(region.data)
    lookups = [region.put(table, 8) for table in thunks]
    rows = zip(lookups, titles, addresses, strict=True)
    descriptors = b"".join(struct.pack("<5I", lookup, 0, 0, title, address) for lookup, title, address in rows)
    place = region.put(descriptors + bytes(20)), len(descriptors) + 20
    return place, (addresses[0], addresses_end - addresses[0])


def _thunks(region: Region, functions: Sequence[str], *, wide: bool) -> bytes:
    """Write the names of one DLL's functions and return its lookup table."""
    by_ordinal = 1 << (63 if wide else 31)
    values = [
        by_ordinal | int(name[1:]) & 0xFFFF if name.startswith("#") else region.put(_hint(name), 2)
        for name in functions
    ]
    return struct.pack(f"<{len(values) + 1}{'Q' if wide else 'I'}", *values, 0)


def _hint(name: str) -> bytes:
    """Return a name behind its hint."""
    return b"\0\0" + name.encode() + b"\0"


def put_version(region: Region, texts: Mapping[str, str], *, dll: bool) -> Place:
    """Write a resource directory that holds version information alone."""
    block = _version_block(texts, dll=dll)
    tables = b"".join(
        struct.pack("<12xHHII", 0, 1, number, below)
        for number, below in ((16, 0x80000018), (1, 0x80000030), (_LANGUAGE, 0x48))
    )
    data = region.rva + len(tables) + 16
    start = region.put(tables + struct.pack("<IIII", data, len(block), 0, 0) + block)
    return start, region.rva + len(region.data) - start


def _version_block(texts: Mapping[str, str], *, dll: bool) -> bytes:
    """Return VS_VERSIONINFO with one table of strings."""
    rows = b"".join(_padded(_text_node(_VERSION_TEXTS[key], text)) for key, text in texts.items())
    strings = _node("StringFileInfo", b"", _node(f"{_LANGUAGE:04x}{_CODEPAGE:04x}", b"", rows))
    language = _node("Translation", struct.pack("<HH", _LANGUAGE, _CODEPAGE), b"")
    fixed = _fixed(texts.get("file_version", ""), texts.get("product_version", ""), dll=dll)
    return _node("VS_VERSION_INFO", fixed, _padded(strings) + _node("VarFileInfo", b"", language))


def _fixed(file_version: str, product_version: str, *, dll: bool) -> bytes:
    """Return VS_FIXEDFILEINFO."""
    versions = (*_version_words(file_version), *_version_words(product_version))
    return struct.pack("<13I", 0xFEEF04BD, 0x10000, *versions, 0x3F, 0, 0x40004, 2 if dll else 1, 0, 0, 0)


def _version_words(text: str) -> tuple[int, int]:
    """Return the first four numbers of a version, two to a word."""
    numbers = [int(n) & 0xFFFF for n in re.findall(r"\d{1,9}", text)[:4]] + [0] * 4
    return numbers[0] << 16 | numbers[1], numbers[2] << 16 | numbers[3]


def _text_node(key: str, text: str) -> bytes:
    """Return a String node, whose length of value counts UTF-16 units."""
    value = (text + "\0").encode("utf-16-le")
    return _head(key, len(value) // 2, 1, value)


def _node(key: str, value: bytes, children: bytes) -> bytes:
    """Return a node of the version block."""
    return _head(key, len(value), 0 if value else 1, _padded(value) + children)


def _head(key: str, value_length: int, kind: int, body: bytes) -> bytes:
    """Return a node's header, key and body. Its length is a 16-bit field."""
    head = _padded(bytes(6) + (key + "\0").encode("utf-16-le"))
    if len(head) + len(body) > 0xFFFF:
        raise ValueError(f"version information: {key} is too long")
    return struct.pack("<3H", len(head) + len(body), value_length, kind) + head[6:] + body


def _padded(data: bytes) -> bytes:
    """Return the bytes up to a 32-bit boundary."""
    return data + bytes(-len(data) % 4)


def put_debug(region: Region, pdb: str) -> tuple[int, int]:
    """Write a debug directory with one CodeView record; return its place."""
    record = b"RSDS" + bytes(20) + pdb.encode() + b"\0"
    rva = region.put(record)
    return region.put(struct.pack("<IIHHIIII", 0, 0, 0, 0, 2, len(record), rva, 0)), 28
