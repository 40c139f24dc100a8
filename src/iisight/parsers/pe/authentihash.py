"""The digest of an image as Authenticode defines it, its page hashes, and the table that holds its signatures.

Source: "Windows Authenticode Portable Executable Signature Format" (Microsoft, 2008). CheckSum, the directory entry
of the certificate table and that table are left out of the digest; everything else is in it, whatever lies there.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from iisight.model.errors import ParseError
from iisight.model.locator import Locator

MAX_ENTRIES = 16  # of the certificate table
MAX_PAGES = 1 << 17  # of page hashes: half a gigabyte of file
PAGE = 0x1000

PKCS_SIGNED_DATA = 2

_DIRECTORY = 4  # IMAGE_DIRECTORY_ENTRY_SECURITY; its address is an offset in the file


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a file the parts lie that its digest leaves out."""

    checksum: int  # offset of the four bytes
    entry: int | None  # offset of the eight bytes that name the certificate table; None: no room for them
    table: tuple[int, int]  # start and end of the certificate table; both the end of the file without one
    headers_size: int
    problem: str  # why no signature in that table could cover the file; empty: none

    @property
    def is_signed(self) -> bool:
        """Tell whether there is a certificate table, be it out of reach."""
        return self.table[1] > self.table[0] or bool(self.problem)


@dataclass(frozen=True, slots=True)
class Entry:
    """One WIN_CERTIFICATE."""

    kind: int
    start: int  # of its content, in the file
    content: bytes


def read_layout(data: bytes, locator: Locator) -> Layout:
    """Find what the digest leaves out; raises ParseError when this is no PE."""
    optional, sections, sections_at = _headers(data, locator)
    fixed = 112 if data[optional : optional + 2] == b"\x0b\x02" else 96
    (count,) = struct.unpack_from("<I", data, optional + fixed - 4)
    at = optional + fixed + 8 * _DIRECTORY
    entry = at if count > _DIRECTORY and at + 8 <= len(data) else None
    start, size = (0, 0) if entry is None else struct.unpack_from("<II", data, entry)
    if not start or not size:
        start, size = len(data), 0
    headers_size: int = struct.unpack_from("<I", data, optional + 60)[0]
    claims = [struct.unpack_from("<II", data, sections_at + 40 * i + 16) for i in range(sections)]
    ends = [headers_size, at + 8, *(offset + length for length, offset in claims if offset and length)]
    return Layout(
        checksum=optional + 64,
        entry=entry,
        table=(min(start, len(data)), min(start + size, len(data))),
        headers_size=headers_size,
        problem=_problem(start, size, len(data), max(ends)),
    )


def digest(data: bytes, layout: Layout, algorithm: str) -> bytes:
    """Return the digest of the image by any algorithm of hashlib.

    A file without signature counts as padded to eight bytes, as signing would pad it. What lies behind the
    certificate table is part of the digest: appended bytes must break a signature, not hide from it.
    """
    state = hashlib.new(algorithm, usedforsecurity=False)
    for part in _covered(data, layout, 0, len(data)):
        state.update(part)
    if not layout.is_signed:
        state.update(bytes(-len(data) % 8))
    return state.digest()


def read_entries(data: bytes, layout: Layout, notes: list[str]) -> Iterator[Entry]:
    """Yield the entries of the certificate table, and note what is wrong with it."""
    place, end = layout.table
    for _ in range(MAX_ENTRIES):
        if place + 8 > end:
            break
        length, _revision, kind = struct.unpack_from("<IHH", data, place)
        if length < 8 or place + length > end:
            break
        yield Entry(kind, place + 8, data[place + 8 : place + length])
        place += length + -length % 8
    if data[place:end].strip(b"\0"):
        notes.append(f"{end - place} bytes at the end of the certificate table belong to no signature")


def pages_fit(data: bytes, layout: Layout, algorithm: str, table: bytes) -> bool:
    """Tell whether page hashes fit the file: first the headers, then each section's pages, last where they end."""
    size = 4 + hashlib.new(algorithm, usedforsecurity=False).digest_size
    count = len(table) // size
    if not 2 <= count <= MAX_PAGES or len(table) % size:
        return False
    places = [struct.unpack_from("<I", table, i * size)[0] for i in range(count)]
    rows = zip(places, places[1:], range(count), strict=False)
    return all(page_digest(data, layout, algorithm, a, b) == table[i * size + 4 : (i + 1) * size] for a, b, i in rows)


def page_digest(data: bytes, layout: Layout, algorithm: str, start: int, following: int) -> bytes:
    """Return the digest of a page, filled with zeros; that at 0 is the headers; `following` starts the next."""
    end = layout.headers_size if start == 0 else min(following, start + PAGE)
    body = b"".join(_covered(data, layout, start, min(end, start + PAGE)))
    left_out = max(0, end - start) - len(body)
    return hashlib.new(algorithm, body + bytes(PAGE - len(body) - left_out), usedforsecurity=False).digest()


def _covered(data: bytes, layout: Layout, start: int, end: int) -> Iterator[memoryview]:
    """Yield the bytes of a range that count."""
    holes = [(layout.checksum, layout.checksum + 4), layout.table]
    if layout.entry is not None:
        holes.insert(1, (layout.entry, layout.entry + 8))
    view = memoryview(data)
    for hole_start, hole_end in holes:
        if start < hole_start:
            yield view[start : min(hole_start, end)]
        start = max(start, hole_end)
    yield view[start : max(start, end)]


def _problem(start: int, size: int, length: int, image_end: int) -> str:
    """Return why a certificate table cannot be one. What sections load from it would be covered by nothing."""
    if not size:
        return ""
    if start + size > length:
        return "the certificate table runs past the end of the file"
    return "sections of the file reach into the certificate table" if start < image_end else ""


def _headers(data: bytes, locator: Locator) -> tuple[int, int, int]:
    """Return the offset of the optional header, the number of sections and where their headers begin."""
    pe = struct.unpack_from("<I", data, 0x3C)[0] if data[:2] == b"MZ" and len(data) >= 0x40 else len(data)
    optional = pe + 24
    if data[pe : pe + 4] != b"PE\0\0" or optional + 112 > len(data):
        raise ParseError("expected the headers of a PE file", locator)
    if data[optional : optional + 2] not in (b"\x0b\x01", b"\x0b\x02"):
        raise ParseError("expected an optional header of PE32 or PE32+", Locator(locator.path, offset=optional))
    sections, optional_size = struct.unpack_from("<H", data, pe + 6)[0], struct.unpack_from("<H", data, pe + 20)[0]
    at = optional + optional_size
    return optional, min(sections, max(0, len(data) - at) // 40), at
