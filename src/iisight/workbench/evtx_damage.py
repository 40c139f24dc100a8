"""Logs of `workbench.evtx`, damaged as real ones are; what is cut off is a slice of the bytes."""

import re
import struct

_FILE_HEADER, _CHUNK, _CHUNK_HEADER, _RECORD_HEADER = 0x1000, 0x10000, 0x200, 24


def without_file_header(log: bytes) -> bytes:
    """Return the log with a zeroed file header."""
    return bytes(_FILE_HEADER) + log[_FILE_HEADER:]


def without_chunk_header(log: bytes, number: int = 0) -> bytes:
    """Return the log with a zeroed header of one chunk, counted from 0."""
    return _over(log, _start(number), bytes(_CHUNK_HEADER))


def with_bad_content(log: bytes, record: int) -> bytes:
    """Return the log with a record, by its id, whose BinXML begins with a token that there is not."""
    return _over(log, _record(log, record) + _RECORD_HEADER, b"\xee" * 8)


def with_bad_header(log: bytes, record: int) -> bytes:
    """Return the log with a record whose header is overwritten: it can be found no more, nor those behind it by it."""
    return _over(log, _record(log, record), b"\xee" * _RECORD_HEADER)


def as_exported(log: bytes) -> bytes:
    """Return the log with the times in records' headers as exports have them: of the next record, of the last 0."""
    starts = [match.start() for match in re.finditer(rb"\*\*\0\0", log)]
    times = [log[at + 16 : at + 24] for at in starts[1:]] + [bytes(8)]
    for at, time in zip(starts, times, strict=True):
        log = _over(log, at + 16, time)
    return log


def with_slack(log: bytes, stale: bytes, number: int = 0) -> bytes:
    """Return the log with bytes behind the last record of a chunk, cut where the chunk ends."""
    start = _start(number)
    (free,) = struct.unpack_from("<I", log, start + 48)
    return _over(log, start + free, stale[: _CHUNK - free])


def records_of(log: bytes, number: int = 0) -> bytes:
    """Return the bytes of all records of a chunk."""
    start = _start(number)
    (free,) = struct.unpack_from("<I", log, start + 48)
    return log[start + _CHUNK_HEADER : start + free]


def _start(number: int) -> int:
    return _FILE_HEADER + number * _CHUNK


def _record(log: bytes, record: int) -> int:
    """Return the offset of a record; raises ValueError when there is none of that id."""
    wanted = struct.pack("<Q", record)
    at = log.find(b"**\0\0")
    while at >= 0:
        if log[at + 8 : at + 16] == wanted:
            return at
        at = log.find(b"**\0\0", at + 1)
    raise ValueError(f"no record {record}")


def _over(log: bytes, at: int, new: bytes) -> bytes:
    return log[:at] + new + log[at + len(new) :]
