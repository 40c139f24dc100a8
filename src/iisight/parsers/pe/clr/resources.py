"""Resources inside an assembly (ECMA-335 II.22.24; the CLR header's Resources directory, II.25.3.3)."""

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import islice

from iisight.model.examination import Resource
from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.names import Names
from iisight.parsers.pe.headers import View
from iisight.parsers.pe.resources import executable_of

MAX_RESOURCES = 1_000
MAX_STARTS = 50_000  # places in a set of resources that may be executables
MAX_SEARCHED = 4 * 1024 * 1024  # bytes of all resources searched for executables inside

_UNPACKED = 4096
_HEADERS_SIZE = 64 * 1024  # bytes of an executable that are enough to tell an assembly
_INNER = re.compile(rb"MZ(?=.{58}(....))", re.DOTALL)
_STARTS = (
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"\xce\xca\xef\xbe", "resources"),
    (b"7z\xbc\xaf", "7z"),
    (b"MSCF", "cab"),
    (b"\x89PNG", "png"),
    (b"\x00asm", "wasm"),
    (b"<?xml", "xml"),
)


def read_resources(view: View, place: tuple[int, int], names: Names, notes: list[str]) -> tuple[Resource, ...]:
    """Return the manifest resources; of those kept in other files, the names alone."""
    count = names.metadata.count(schema.MANIFEST_RESOURCE)
    if count > MAX_RESOURCES:
        notes.append(f"manifest resources: {count} there, {MAX_RESOURCES} read")
    return tuple(_resources(view, place, names, notes))


def _resources(view: View, place: tuple[int, int], names: Names, notes: list[str]) -> Iterator[Resource]:
    left = MAX_SEARCHED
    for offset, _, name_at, elsewhere in list(names.metadata.rows(schema.MANIFEST_RESOURCE))[:MAX_RESOURCES]:
        name = names.metadata.strings.read(name_at)
        if elsewhere:
            yield Resource("managed", name, 0, "in another file")
            continue
        head = view.read(place[0] + offset, 4) if offset + 4 <= place[1] else b""
        if len(head) < 4:
            notes.append(f"resource {name!r} lies outside of the resources")
            yield Resource("managed", name, 0)
            continue
        (size,) = struct.unpack("<I", head)
        data = view.read(place[0] + offset + 4, min(size, place[1] - offset - 4))
        yield Resource("managed", name, len(data), content_of(name, data, left))
        left = max(0, left - len(data))


def content_of(name: str, data: memoryview, searched: int = MAX_SEARCHED) -> str:
    """Return what the first bytes say a resource is; of a set of resources, whether executables lie in it."""
    head = bytes(data[:64])
    if head[:2] == b"MZ":
        return executable_of(data[:_HEADERS_SIZE])
    content = next((kind for start, kind in _STARTS if head.startswith(start)), "")
    if content == "gzip" or name.lower().endswith(".compressed"):
        return _packed(data, content)
    if content == "resources" and _has_executable(data[:searched]):
        return "resources with pe"
    return content


def _packed(data: memoryview, content: str) -> str:
    """Unpack the start: Costura and its like keep assemblies as raw DEFLATE."""
    unpacker = zlib.decompressobj(31 if content == "gzip" else -15)
    try:
        start = unpacker.decompress(data[:_UNPACKED], _UNPACKED)
    except zlib.error:
        return content
    kind = executable_of(memoryview(start)) if start[:2] == b"MZ" else ""
    packing = content or "deflate"
    return f"{kind} in {packing}" if kind else packing


def _has_executable(data: memoryview) -> bool:
    """Tell whether an executable file begins somewhere."""
    for match in islice(_INNER.finditer(data), MAX_STARTS):
        start = match.start() + struct.unpack("<I", match[1])[0]
        if bytes(data[start : start + 4]) == b"PE\0\0":
            return True
    return False
