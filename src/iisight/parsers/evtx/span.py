"""What a chunk holds, told in a few microseconds: how many records, from when to when."""

import struct
from dataclasses import dataclass
from datetime import datetime

from iisight.parsers.evtx.container import CHUNK, CHUNK_HEADER, Chunk, is_sound
from iisight.parsers.evtx.walk import RECORD, RECORD_MAGIC, SMALLEST, RecordHeader

_HEADER = struct.Struct("<QQII")  # first and last record id, size of the header, offset of the last record


@dataclass(frozen=True, slots=True)
class Span:
    """What the header of a sound chunk and its first and last record say."""

    count: int  # records
    last_record: int
    first: datetime | None
    last: datetime | None


def span_of(chunk: Chunk) -> Span | None:
    """Return what a chunk holds, None when its header cannot be believed: then it must be read to know."""
    data = chunk.data
    if len(data) != CHUNK or not is_sound(data[:CHUNK_HEADER]):
        return None
    first, last, _, place = _HEADER.unpack_from(data, 24)
    count = last - first + 1
    ends = _record(data, CHUNK_HEADER), _record(data, place)
    if not 0 < count <= CHUNK // SMALLEST or ends[0] is None or ends[1] is None:
        return None
    if (ends[0].record, ends[1].record) != (first, last):
        return None
    return Span(count, last, ends[0].time, ends[1].time)


def _record(data: bytes, offset: int) -> RecordHeader | None:
    if not CHUNK_HEADER <= offset <= len(data) - SMALLEST:
        return None
    magic, size, record, filetime = RECORD.unpack_from(data, offset)
    return RecordHeader(record, filetime, offset, size) if magic == RECORD_MAGIC else None
