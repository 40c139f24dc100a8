"""The records of a chunk by their headers alone, and what no record covers."""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from iisight.model.event import Residue
from iisight.model.locator import Locator
from iisight.model.need import NOISE, squeezed
from iisight.parsers.evtx.container import CHUNK, CHUNK_HEADER, CHUNK_MAGIC, Chunk, is_sound

RECORD_MAGIC = b"**\0\0"
RECORD_HEADER = 24  # bytes
SMALLEST = RECORD_HEADER + 4  # bytes of a record: its header, and its size again
RECORD = struct.Struct("<4sIQQ")  # magic, size, id, FILETIME
SIZE = struct.Struct("<I")  # of a record, again at its end

_CHUNK = struct.Struct("<8sQQQQIIII")
_NONE = 0xFFFFFFFFFFFFFFFF  # last record of a chunk in which none was written yet
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_RUN = re.compile(rb"(?:[\x20-\x7e]\0){3,}|[\x20-\x7e]{3,}")
_BEFORE, _BEHIND = 80, 240  # characters of residue around the start of what was sought
_RESIDUES = 64  # of one chunk


class RecordHeader(NamedTuple):
    """A record by its header; `offset` is that in the chunk."""

    record: int
    filetime: int  # written at, in 100 ns since 1601, UTC
    offset: int
    size: int  # in bytes

    @property
    def time(self) -> datetime | None:
        """Return when it was written, None for a time that no calendar has."""
        try:
            return _EPOCH + timedelta(microseconds=self.filetime // 10)
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class ChunkHeader:
    """What the chunk's header says of it; out of date where the log was not closed."""

    first_number: int
    last_number: int
    first_record: int
    last_record: int
    free: int  # offset behind the last record
    checksum: int  # CRC-32 of the records
    sound: bool  # its own checksum is right

    @property
    def count(self) -> int:
        """Return how many records there must be, 0 when there are none yet or the header cannot be believed."""
        count = 0 if self.last_record == _NONE else self.last_record - self.first_record + 1
        return count if self.sound and 0 < count <= CHUNK // SMALLEST else 0


def header_of(chunk: Chunk) -> ChunkHeader | None:
    """Return what the chunk's header says, None when it was wiped."""
    data = chunk.data
    if len(data) < CHUNK_HEADER or not data.startswith(CHUNK_MAGIC):
        return None
    _, first_number, last_number, first, last, _, _, free, checksum = _CHUNK.unpack_from(data)
    return ChunkHeader(first_number, last_number, first, last, free, checksum, is_sound(data))


def records_sound(chunk: Chunk) -> bool:
    """Tell whether the records of a chunk are as its header's checksum says."""
    header = header_of(chunk)
    if header is None or not CHUNK_HEADER <= header.free <= len(chunk.data):
        return False
    return crc32(memoryview(chunk.data)[CHUNK_HEADER : header.free]) == header.checksum


def headers(chunk: Chunk) -> list[RecordHeader]:
    """Return the records that are there, in their order, without decoding them.

    The walk ends at the free space of a sound header, unless records follow there without a gap in their ids (the
    header was not written any more). Without such a header it ends where ids stop to grow: what follows is older.
    Damaged ground is stepped over.
    """
    data, found = chunk.data, list[RecordHeader]()
    end = _end(chunk)
    at = data.find(RECORD_MAGIC) if not data.startswith(CHUNK_MAGIC) else CHUNK_HEADER
    while 0 <= at <= len(data) - SMALLEST:
        magic, size, record, filetime = RECORD.unpack_from(data, at)
        if magic == RECORD_MAGIC and _fits(data, at, size):
            if found and not _follows(record, found[-1].record, live=at < end):
                break
            if not found and at >= end:
                break
            found.append(RecordHeader(record, filetime, at, size))
            at += size
        elif at >= end or (end == len(data) and not any(data[at : at + RECORD_HEADER])):
            break
        else:
            at = data.find(RECORD_MAGIC, at + 1)
    return found


def slack(chunk: Chunk) -> bytes:
    """Return what no record covers and is not the chunk's header: free space with what was there before."""
    return b"".join(piece for _, piece in _slack(chunk))


def residue(chunk: Chunk, literals: Iterable[str], locator: Locator) -> Iterator[Residue]:
    """Yield where literals, as `model.need` squeezes them, stand in what no record covers: the text around each."""
    pieces = list(_slack(chunk))
    seen = squeezed(b"".join(piece for _, piece in pieces).decode("latin-1"))
    wanted = sorted({literal for literal in literals if literal and literal in seen})
    texts = ((offset + at, text) for offset, piece in pieces if wanted for at, text in _texts(piece))
    found = ((offset, around) for offset, text in texts if (around := _around(text, wanted)))
    for offset, text in islice(found, _RESIDUES):
        yield Residue(Locator(locator.path, offset=chunk.offset + offset, origin=locator.origin), text)


def _end(chunk: Chunk) -> int:
    header = header_of(chunk)
    sound = header is not None and header.sound and CHUNK_HEADER <= header.free <= len(chunk.data)
    return header.free if sound and header is not None else len(chunk.data)


def _fits(data: bytes, at: int, size: int) -> bool:
    """Tell whether a record can be of this size: it is written again at its end, or another record follows."""
    end = at + size
    if not SMALLEST <= size <= len(data) - at:
        return False
    return SIZE.unpack_from(data, end - 4)[0] == size or data.startswith(RECORD_MAGIC, end)


def _follows(record: int, last: int, *, live: bool) -> bool:
    return record > last if live else record == last + 1


def _slack(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    data = chunk.data
    at = CHUNK_HEADER if data.startswith(CHUNK_MAGIC) else 0
    for record in headers(chunk):
        if record.offset > at:
            yield at, data[at : record.offset]
        at = record.offset + record.size
    if data[at:].strip(b"\0"):
        yield at, data[at:]


def _texts(piece: bytes) -> Iterator[tuple[int, str]]:
    """Yield the offset and the text of each run of printable ASCII, stored as such or as UTF-16."""
    for match in _RUN.finditer(piece):
        yield match.start(), match[0].replace(b"\0", b"").decode("ascii")


def _around(text: str, wanted: list[str]) -> str:
    """Return the text around the first of the literals in it, empty when none is."""
    short = squeezed(text)
    at = min((place for literal in wanted if (place := short.find(literal)) >= 0), default=-1)
    if at < 0:
        return ""
    kept = next(islice((i for i, c in enumerate(text) if c not in NOISE), at, None))
    return text[max(kept - _BEFORE, 0) : kept + _BEHIND]
