"""Headers of a PE file, and the map from RVA to file offset as the Windows loader makes it."""

import struct
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from iisight.model.binary import Image, Machine, Section
from iisight.model.errors import ParseError
from iisight.model.locator import Locator

MAX_SECTIONS = 96  # what the Windows loader took until Vista; linkers make fewer than twenty
MAX_NAME = 4096  # bytes of one name: Visual C++ decorates to 4,095 at most
MAX_NAMES = 8 * 1024 * 1024  # bytes of all names of one table: hostile tables name one place many times

EXPORT, IMPORT, RESOURCE, DELAY_IMPORT, CLR = 0, 1, 2, 13, 14  # data directories

_PAGE = 0x1000
_SECTOR = 0x200
_MACHINES = {
    0x014C: Machine.X86,
    0x8664: Machine.X64,
    0x01C0: Machine.ARM,
    0x01C4: Machine.ARM,
    0xAA64: Machine.ARM64,
}
_PE32, _PE32_PLUS = 0x10B, 0x20B
_DLL = 0x2000  # IMAGE_FILE_DLL
_EXECUTABLE, _WRITABLE = 0x20000000, 0x80000000  # IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_WRITE
_SECTION = struct.Struct("<8s4I12xI")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of RVAs that the loader fills with bytes of the file."""

    start: int
    end: int
    offset: int  # in the file, of `start`


@dataclass(frozen=True, slots=True)
class View:
    """The file as it would lie in memory. No read of it fails; it returns fewer bytes."""

    data: memoryview
    image: Image  # as far as the headers tell
    base: int  # ImageBase
    directories: tuple[tuple[int, int], ...]  # (RVA, size)
    spans: tuple[Span, ...]  # by start
    starts: tuple[int, ...]
    notes: tuple[str, ...]

    def directory(self, index: int) -> tuple[int, int]:
        """Return RVA and size of a data directory; (0, 0) when the file has none."""
        return self.directories[index] if index < len(self.directories) else (0, 0)

    def place(self, rva: int) -> tuple[int, int]:
        """Return where in the file an RVA lies, and where what is loaded with it ends; (0, 0) when it lies nowhere."""
        span = self.spans[bisect_right(self.starts, rva) - 1] if rva >= 0 and self.spans else None
        if span is None or not span.start <= rva < span.end:
            return 0, 0
        shift = span.offset - span.start
        return rva + shift, min(span.end + shift, len(self.data))

    def read(self, rva: int, size: int) -> memoryview:
        """Return at most `size` bytes at an RVA; none when the file has nothing there."""
        start, end = self.place(rva)
        return self.data[start : min(start + size, end)]


class Names:
    """Reads names of one table until its budget is spent, and notes what it could not give."""

    def __init__(self, view: View, table: str, notes: list[str]) -> None:
        """Start with a full budget; `table` is how notes call it."""
        self._view = view
        self._table = table
        self._notes = notes
        self._left = MAX_NAMES
        self._known, self._shift, self._end = (0, 0), 0, 0
        whole = view.data.obj
        self._bytes = whole if isinstance(whole, bytes) and len(whole) == len(view.data) else bytes(view.data)

    def read(self, rva: int) -> str | None:
        """Return the name at an RVA, cut at its bound, or None."""
        if self._known[0] <= rva < self._known[1]:  # names of a table lie together
            start, end = rva + self._shift, self._end
        else:
            start, end = self._view.place(rva)
            following = bisect_right(self._view.starts, rva)
            stop = self._view.starts[following] if following < len(self._view.starts) else rva + end - start
            self._shift, self._end, self._known = start - rva, end, (rva, min(stop, rva + end - start))
        if start >= end or self._left <= 0:
            why = "cannot be read" if self._left > 0 else f"are left out after {MAX_NAMES} bytes"
            self._notes.append(f"names of the {self._table} {why}")
            return None
        stop = self._bytes.find(0, start, min(end, start + MAX_NAME + 1))
        if stop < 0:
            stop = min(end, start + MAX_NAME)
            if end - start > MAX_NAME:
                self._notes.append(f"names of the {self._table} longer than {MAX_NAME} bytes are cut")
        self._left -= stop - start + 1
        return self._bytes[start:stop].decode("latin-1")


def is_pe(head: bytes | memoryview) -> bool:
    """Tell from a file's first bytes whether it may be a PE: `MZ`, and `PE` where that lies in them."""
    if bytes(head[:2]) != b"MZ" or len(head) < 0x40:
        return False
    (start,) = struct.unpack_from("<I", head, 0x3C)
    return start + 4 > len(head) or bytes(head[start : start + 4]) == b"PE\0\0"


def read_headers(data: bytes | memoryview, locator: Locator) -> View:
    """Read headers and section table; raise ParseError when this is no PE."""
    view = memoryview(data).cast("B")
    start = _signature(view, locator)
    optional = start + 24
    code, count, stamp, optional_size, flags = struct.unpack_from("<HHI8xHH", view, start + 4)
    magic = struct.unpack_from("<H", view, optional)[0] if len(view) >= optional + 2 else None
    if magic not in (_PE32, _PE32_PLUS):
        found = "end of file" if magic is None else f"{magic:#x}"
        raise ParseError(f"expected an optional header of PE32 or PE32+, found {found}", _at(locator, optional))
    plus = magic == _PE32_PLUS
    fixed = 112 if plus else 96
    if len(view) < optional + fixed:
        raise ParseError(
            f"expected {fixed} bytes of optional header, found {len(view) - optional}", _at(locator, optional)
        )
    notes: list[str] = []
    rows = _section_rows(view, optional + optional_size, count, notes)
    image = Image(
        machine=_MACHINES.get(code, Machine.OTHER),
        is_dll=bool(flags & _DLL),
        is_managed=False,
        is_64bit=plus,
        exports=(),
        imports=(),
        sections=tuple(_section(row) for row in rows),
        version=None,
        timestamp=_time(stamp),
    )
    spans = _spans(view, optional, rows, notes)
    return View(
        data=view,
        image=image,
        base=struct.unpack_from("<Q" if plus else "<I", view, optional + (24 if plus else 28))[0],
        directories=_directories(view, optional + fixed, notes),
        spans=spans,
        starts=tuple(span.start for span in spans),
        notes=tuple(notes),
    )


def read_numbers(
    view: View, place: tuple[int, int], limit: int, code: str, what: str, notes: list[str]
) -> tuple[int, ...]:
    """Read an array of integers at `place` (RVA, count), at most `limit`, and note what is missing."""
    rva, claimed = place
    count = min(claimed, limit)
    if claimed > limit:
        notes.append(f"{what}: {claimed} claimed, {limit} read")
    size = struct.calcsize(code)
    raw = view.read(rva, count * size)
    if len(raw) < count * size:
        notes.append(f"{what}: {count} expected at RVA {rva:#x}, {len(raw) // size} there")
        count = len(raw) // size
    return struct.unpack_from(f"<{count}{code}", raw)


def _at(locator: Locator, offset: int) -> Locator:
    """Return the place of a byte."""
    return replace(locator, offset=offset)


def _signature(view: memoryview, locator: Locator) -> int:
    """Return the offset of the PE signature, the COFF header behind it being complete."""
    if bytes(view[:2]) != b"MZ":
        raise ParseError("expected `MZ` at the start of an executable file", _at(locator, 0))
    if len(view) < 0x40:
        raise ParseError(f"expected 64 bytes of DOS header, found {len(view)}", _at(locator, 0))
    start: int = struct.unpack_from("<I", view, 0x3C)[0]
    if bytes(view[start : start + 4]) != b"PE\0\0":
        raise ParseError("expected the PE signature where e_lfanew points", _at(locator, start))
    if len(view) < start + 24:
        raise ParseError(f"expected 20 bytes of COFF header, found {len(view) - start - 4}", _at(locator, start + 4))
    return start


def _time(stamp: int) -> datetime | None:
    """Return the link time as claimed. Reproducible builds put a hash there: it may be any time at all."""
    return None if stamp in (0, 0xFFFFFFFF) else datetime.fromtimestamp(stamp, UTC)


def _directories(view: memoryview, offset: int, notes: list[str]) -> tuple[tuple[int, int], ...]:
    """Read the data directories, at most the sixteen there are names for."""
    count: int = min(struct.unpack_from("<I", view, offset - 4)[0], 16)
    there = min(count, (len(view) - offset) // 8)
    if there < count:
        notes.append(f"data directories: {count} expected, {there} there")
    return tuple(struct.iter_unpack("<II", view[offset : offset + 8 * there]))


def _section_rows(
    view: memoryview, offset: int, claimed: int, notes: list[str]
) -> list[tuple[bytes, int, int, int, int, int]]:
    """Read the section headers: name, virtual size and address, raw size and offset, flags."""
    count = min(claimed, MAX_SECTIONS)
    if claimed > MAX_SECTIONS:
        notes.append(f"sections: {claimed} claimed, {MAX_SECTIONS} read")
    there = min(count, max(0, len(view) - offset) // _SECTION.size)
    if there < count:
        notes.append(f"section headers: {count} expected, {there} there")
    return list(_SECTION.iter_unpack(view[offset : offset + there * _SECTION.size]))


def _section(row: tuple[bytes, int, int, int, int, int]) -> Section:
    """Return a section header as a value."""
    name, virtual_size, _, raw_size, _, flags = row
    return Section(
        name=name.strip(b"\0").decode("latin-1"),
        virtual_size=virtual_size,
        raw_size=raw_size,
        writable=bool(flags & _WRITABLE),
        executable=bool(flags & _EXECUTABLE),
    )


def _spans(
    view: memoryview, optional: int, rows: Iterable[tuple[bytes, int, int, int, int, int]], notes: list[str]
) -> tuple[Span, ...]:
    """Map RVAs to offsets as Windows does: low-alignment images lie in memory as they do in the file."""
    (alignment,) = struct.unpack_from("<I", view, optional + 32)
    (headers_size,) = struct.unpack_from("<I", view, optional + 60)
    if alignment < _PAGE:
        return (Span(0, len(view), 0),)
    spans = [Span(0, min(headers_size, len(view)), 0)]
    for name, virtual_size, address, raw_size, pointer, _ in rows:
        if not pointer or not raw_size:
            continue  # nothing of the file: the loader gives zeros
        # The loader counts in sectors: it drops the low nine bits of PointerToRawData.
        offset = pointer & -_SECTOR
        size = min(_round_up(raw_size, _SECTOR), _round_up(virtual_size or raw_size, _PAGE))
        if pointer + min(raw_size, virtual_size or raw_size) > len(view):
            title = name.strip(b"\0").decode("latin-1")
            notes.append(f"section {title!r} runs past the end of the file")
        spans.append(Span(address, address + max(0, min(size, len(view) - offset)), offset))
    return tuple(sorted(spans, key=lambda span: span.start))


def _round_up(value: int, unit: int) -> int:
    """Return the next multiple of `unit`, a power of two."""
    return (value + unit - 1) & -unit
