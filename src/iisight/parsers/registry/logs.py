"""Transaction logs: the changes that Windows had made and not yet written into the hive.

Format: "Windows registry file format specification" (M. Suhanov), sections on transaction log files of the new format
(Windows 8.1 on: entries with hashes) and of the old one (a bitmap of dirty sectors).
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from iisight.parsers.registry.cells import BASE

_SECTOR = 512
_HEADER = struct.Struct("<4sIIIIIQQ")  # signature, size, flags, sequence, hive bins, pages, hash 1, hash 2
_MAX_ENTRIES = 100_000
_MAX_GROWTH = 64 * 1024**2  # bytes by which logs may make a hive longer
_SEED = 0x82EF4D887A4E55C5
_MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Recovered:
    """A hive as its logs make it."""

    data: bytes
    is_dirty: bool  # the file alone lacks the last changes
    applied: int  # log entries, or sectors of an old log, written into it


@dataclass(frozen=True, slots=True)
class _Entry:
    sequence: int
    size: int  # of the hive bins behind it
    pages: tuple[tuple[int, bytes], ...]  # offset in the hive bins, bytes


def recover(data: bytes, logs: Iterable[bytes]) -> Recovered:
    """Return a hive with the changes of its logs; a clean hive as it is.

    Entries older than the hive are in it already; of the others, those that follow each other without a gap count.
    """
    if len(data) < BASE or not _is_dirty(data):
        return Recovered(data, False, 0)
    given = list(logs)
    entries = {e.sequence: e for log in given for e in _entries(log)}
    (written,) = struct.unpack_from("<I", data, 8)
    sequence = min((number for number in entries if number >= written), default=written)
    image, applied = bytearray(data), 0
    limit = len(data) + _MAX_GROWTH
    while (entry := entries.get(sequence)) is not None and BASE + entry.size <= limit:
        _write(image, entry)
        applied, sequence = applied + 1, sequence + 1
    if applied == 0:
        applied = sum(_write_old(image, log) for log in given)
    return Recovered(bytes(image), True, applied)


def _is_dirty(data: bytes) -> bool:
    """Tell whether writing the file was begun and not ended, or its base block is not what was written."""
    first, second = struct.unpack_from("<II", data, 4)
    return bool(first != second) or not _is_sound(data)


def _is_sound(data: bytes) -> bool:
    """Tell whether the checksum of a base block is right; -1 and 0 stand for -2 and 1."""
    total = 0
    for word in struct.unpack_from("<127I", data):
        total ^= word
    total = {_MASK: _MASK - 1, 0: 1}.get(total, total)
    return bool(total == struct.unpack_from("<I", data, 508)[0])


def _entries(log: bytes) -> Iterator[_Entry]:
    """Yield the entries of a log of the new format that are whole, up to the first that is not."""
    at, last = _SECTOR, None
    for _ in range(_MAX_ENTRIES):
        entry = _entry(log, at)
        if entry is None or (last is not None and entry.sequence != last + 1):
            return
        yield entry
        last = entry.sequence
        at += struct.unpack_from("<I", log, at + 4)[0]


def _entry(log: bytes, at: int) -> _Entry | None:
    if at + _HEADER.size > len(log):
        return None
    signature, size, _, sequence, bins, count, first, second = _HEADER.unpack_from(log, at)
    is_whole = signature == b"HvLE" and size >= _SECTOR and size % _SECTOR == 0 and at + size <= len(log)
    if not is_whole or _HEADER.size + count * 8 > size:
        return None
    if marvin32(log[at : at + 32]) != second or marvin32(log[at + 40 : at + size]) != first:
        return None
    pages: list[tuple[int, bytes]] = []
    start = at + _HEADER.size + count * 8
    for index in range(count):
        offset, length = struct.unpack_from("<II", log, at + _HEADER.size + index * 8)
        if start + length > at + size or offset + length > bins:
            return None
        pages.append((offset, log[start : start + length]))
        start += length
    return _Entry(sequence, bins, tuple(pages))


def _write(image: bytearray, entry: _Entry) -> None:
    if len(image) < BASE + entry.size:
        image.extend(bytes(BASE + entry.size - len(image)))
    for offset, page in entry.pages:
        image[BASE + offset : BASE + offset + len(page)] = page


def _write_old(image: bytearray, log: bytes) -> int:
    """Write the sectors of a log of the old format into a hive and return how many; none from one that is unsound."""
    if len(log) < 2 * _SECTOR or log[_SECTOR : _SECTOR + 4] != b"DIRT" or log[:4] != b"regf" or _is_dirty(log):
        return 0
    (bins,) = struct.unpack_from("<I", log, 40)
    size = bins // _SECTOR // 8
    bitmap = log[_SECTOR + 4 : _SECTOR + 4 + size]
    start = -(-(_SECTOR + 4 + size) // _SECTOR) * _SECTOR
    dirty = [i for i in range(len(bitmap) * 8) if bitmap[i // 8] >> (i % 8) & 1]
    if bins > len(image) + _MAX_GROWTH or len(bitmap) < size or start + len(dirty) * _SECTOR > len(log):
        return 0
    if len(image) < BASE + bins:
        image.extend(bytes(BASE + bins - len(image)))
    for index, sector in enumerate(dirty):
        source = start + index * _SECTOR
        image[BASE + sector * _SECTOR : BASE + (sector + 1) * _SECTOR] = log[source : source + _SECTOR]
    return len(dirty)


def marvin32(data: bytes) -> int:
    """Return the Marvin32 hash that log entries are checked with; written out in full, for logs have megabytes."""
    low, high, mask = _SEED & _MASK, _SEED >> 32, _MASK
    whole = len(data) & ~3
    rest = int.from_bytes(data[whole:] + b"\x80", "little")
    for word in (*struct.unpack_from(f"<{whole // 4}I", data), rest, 0):
        low = (low + word) & mask
        high ^= low
        low = ((low << 20 | low >> 12) + high) & mask
        high = (high << 9 & mask | high >> 23) ^ low
        low = ((low << 27 | low >> 5) + high) & mask
        high = (high << 19 | high >> 13) & mask
    return high << 32 | low
