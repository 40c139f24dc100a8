"""The records of a chunk, decoded by the `evtx` library; what it cannot read costs itself only."""

import io
import struct
from collections.abc import Iterator

from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.parsers.evtx.container import CHUNK, CHUNK_HEADER, CHUNK_MAGIC, FILE_HEADER, Chunk
from iisight.parsers.evtx.walk import (
    RECORD,
    RECORD_HEADER,
    RECORD_MAGIC,
    SIZE,
    SMALLEST,
    RecordHeader,
    header_of,
    headers,
)

Decoded = tuple[int, str, bool]  # index of the record; its JSON, or why there is none; which of both

_TRIES = 8  # times a chunk is decoded, each without what stopped the one before
_REASON = 160  # characters of an error of the library
_NOBODY = 0xFFFFFFFFFFFFFFFF  # id of a record that is made up
_FILE = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, 1, 128, 1, 3, FILE_HEADER, 1).ljust(FILE_HEADER, b"\0")
_CHUNK = struct.Struct("<8sQQQQIII")


def events(chunk: Chunk, locator: Locator) -> Iterator[Event | Lost]:
    """Yield the records of a chunk in their order, and what is there and cannot be read."""
    from iisight.parsers.record_json import event_of_json

    found = headers(chunk)
    yield from _untold(chunk, found, locator)
    for index, text, read in _decoded(chunk, found):
        offset = chunk.offset + found[index].offset
        event = event_of_json(text, locator, offset) if read else None
        if event is None:
            at = Locator(locator.path, offset=offset, origin=locator.origin, record=found[index].record)
            yield Lost(at, "the record has no System element" if read else text)
        else:
            yield event


def _untold(chunk: Chunk, found: list[RecordHeader], locator: Locator) -> Iterator[Lost]:
    """Yield what the chunk's header, or the order of the ids, tells to be missing."""
    at = Locator(locator.path, offset=chunk.offset, origin=locator.origin)
    header = header_of(chunk)
    if header is None and not found:
        yield Lost(at, f"{len(chunk.data):,} bytes that are no chunk", 0)
    elif header is None or not header.sound:
        yield Lost(at, "the chunk's header is damaged; its records were sought", 0)
    ids = {record.record for record in found}
    if header is not None and header.count:
        missing = header.count - sum(header.first_record <= record <= header.last_record for record in ids)
    else:
        missing = max(ids) - min(ids) + 1 - len(ids) if ids else 0
    if 0 < missing <= CHUNK // SMALLEST:
        yield Lost(at, "records of the chunk that are not in it", missing)


def _decoded(chunk: Chunk, found: list[RecordHeader]) -> Iterator[Decoded]:
    """Yield every record in order; where the library stops, the record is cut out and the rest decoded again."""
    start, reason = 0, "too much of the chunk is damaged"
    headless = bool(found) and found[0].offset < CHUNK_HEADER  # what its records refer to is somewhere else
    for _ in range(0 if headless else _TRIES):
        if start == len(found):
            return
        for decoded in _pass(_log(chunk, found, start), found, start):
            yield decoded
            start = decoded[0] + 1
    yield from ((index, reason, False) for index in range(start, len(found)))


def _pass(log: bytes, found: list[RecordHeader], start: int) -> Iterator[Decoded]:
    """Yield the records from `start` on as far as the library comes, and with them the first that it cannot read."""
    place = {record.record: index for index, record in enumerate(found)}
    done, errors, reason = start, 0, "the library skips the record"
    for item in _library(log, 3 * len(found)):
        if isinstance(item, str):
            errors, reason = errors + 1, item
            continue
        record, text = item
        at = place.get(record, -1)
        if at < done:
            continue
        if at > done:
            yield from ((missed, reason, False) for missed in range(done, at))
        yield at, text, True
        done, errors = at + 1, 0
    left = len(found) - done
    if left:
        # An error for each of them: none can be read. Fewer: the library gave up at the first.
        yield from ((missed, reason, False) for missed in range(done, len(found) if errors >= left else done + 1))


def _library(log: bytes, limit: int) -> Iterator[tuple[int, str] | str]:
    """Yield id and JSON of a record, or the error that stands for one."""
    from evtx import PyEvtxParser

    records = PyEvtxParser(io.BytesIO(log)).records_json()
    for _ in range(limit):
        try:
            item = next(records, None)
        except RuntimeError as error:
            yield f"the record cannot be decoded: {' '.join(str(error).split())[:_REASON]}"
            continue
        if item is None:
            return
        yield item["event_record_id"], item["data"]


def _log(chunk: Chunk, found: list[RecordHeader], start: int) -> bytes:
    """Return a log of this chunk with a header that says what the walk found, and without the records before `start`.

    Neither is the table of strings needed nor that of templates: records hold the offsets themselves. The bytes of the
    records left out stay, others may refer to them.
    """
    data = bytearray(chunk.data.ljust(CHUNK, b"\0"))
    last = found[-1]
    free = last.offset + last.size
    header = (CHUNK_MAGIC, 1, len(found), found[0].record, last.record, 128, last.offset, free)
    data[:CHUNK_HEADER] = _CHUNK.pack(*header).ljust(CHUNK_HEADER, b"\0")
    for record in found[:start]:
        data[record.offset + RECORD_HEADER] = 0
    _bridge(data, found)
    return _FILE + data


def _bridge(data: bytearray, found: list[RecordHeader]) -> None:
    """Make what lies between two records one without content, or part of the former when it is too small for one."""
    at, before = CHUNK_HEADER, CHUNK_HEADER
    for record in found:
        gap = record.offset - at
        start = at if gap > SMALLEST else before
        if gap:
            size = record.offset - start
            data[start + 4 : start + 8] = data[record.offset - 4 : record.offset] = SIZE.pack(size)
        if gap > SMALLEST:
            data[start : start + RECORD_HEADER + 1] = RECORD.pack(RECORD_MAGIC, size, _NOBODY, 0) + b"\0"
        at, before = record.offset + record.size, record.offset
