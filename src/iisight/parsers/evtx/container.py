"""The file around the chunks, and where the chunks are."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.evtx.view import Forward, Seeking, View

CHUNK = 0x10000  # bytes of a chunk
FILE_HEADER = 0x1000  # bytes before the first chunk
CHUNK_HEADER = 0x200  # bytes, with the tables of strings and templates
CHUNK_MAGIC = b"ElfChnk\0"

_FILE_MAGIC = b"ElfFile\0"
_FILE = struct.Struct("<8sQQQIHHHH")  # magic, first and last chunk, next record, size, version, size of all, chunks
_ZERO = bytes(CHUNK)
HEAD = 128  # bytes of the file's header that are used
_DIRTY, _FULL = 1, 2


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What the file's header says of it; out of date when the log was not closed (`dirty`)."""

    next_record: int  # the record id that the next record gets
    chunks: int
    dirty: bool
    full: bool
    sound: bool  # its checksum is right


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of a log that a chunk is in: a worker is given this and reads it by itself."""

    number: int  # from 0, in the order of the file
    offset: int  # in bytes
    size: int  # in bytes; less than a chunk where the file ends or another chunk begins


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of one place; they need not begin with a chunk's header, when that was wiped."""

    number: int
    offset: int
    data: bytes


def is_evtx(head: bytes) -> bool:
    """Tell whether the first 8 bytes of a file are those of an event log whose header was not wiped."""
    return head.startswith((_FILE_MAGIC, CHUNK_MAGIC))


def file_header(head: bytes) -> FileHeader | None:
    """Return what the file's header says, None when there is none."""
    if not head.startswith(_FILE_MAGIC) or len(head) < HEAD:
        return None
    _, _, _, next_record, _, _, _, _, count = _FILE.unpack_from(head)
    flags, checksum = struct.unpack_from("<II", head, 120)
    return FileHeader(next_record, count, bool(flags & _DIRTY), bool(flags & _FULL), zlib.crc32(head[:120]) == checksum)


def shortfall(head: bytes, found: int) -> str:
    """Return what a log lacks of which `found` chunks are there, by its first 128 bytes; empty when it lacks nothing.

    A log that was not closed has a header that knows of fewer chunks than there are, never of more.
    """
    header = file_header(head)
    if header is not None and header.sound and found < header.chunks:
        return f"cut off or wiped: {found} of the {header.chunks} chunks that its header tells of"
    return "" if found or (header is not None and header.sound) else "cut off or wiped: no chunk of records in it"


def places(stream: BinaryIO) -> Iterator[Place]:
    """Yield where the chunks of a seekable file are; reads 8 bytes a chunk, more only where something is damaged."""
    return _places(Seeking(stream))


def chunk_at(stream: BinaryIO, place: Place) -> Chunk:
    """Return the chunk of a place of a seekable file."""
    stream.seek(place.offset)
    return Chunk(place.number, place.offset, stream.read(place.size))


def chunks(stream: BinaryIO, locator: Locator) -> Iterator[Chunk]:
    """Yield the chunks of a log, read forwards without seeking; raises ParseError when the bytes cannot be had."""
    yield from _chunks(Forward(stream), locator)


def all_chunks(stream: BinaryIO, locator: Locator) -> Iterator[Chunk]:
    """Yield the chunks as `chunks` does; raises ParseError behind the last when the log lacks some."""
    view, found = Forward(stream), 0
    with _told(view, locator):
        head = view.read_at(0, HEAD)
    for chunk in _chunks(view, locator):
        found += 1
        yield chunk
    if lacks := shortfall(head, found):
        raise ParseError(lacks, locator)


def _chunks(view: Forward, locator: Locator) -> Iterator[Chunk]:
    with _told(view, locator):
        for place in _places(view):
            yield Chunk(place.number, place.offset, view.read_at(place.offset, place.size))


@contextmanager
def _told(view: Forward, locator: Locator) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, ValueError, zlib.error) as error:
        at = Locator(locator.path, offset=view.position, origin=locator.origin)
        raise ParseError(f"the log cannot be read on: {error}", at) from error


def _places(view: View) -> Iterator[Place]:
    offset, number = _start(view.read_at(0, FILE_HEADER)), 0
    while head := view.read_at(offset, len(CHUNK_MAGIC)):
        size = _chunk_size(view, offset) if head == CHUNK_MAGIC else _foreign_size(view, offset)
        if size < 0:
            offset -= size
            continue
        yield Place(number, offset, size)
        offset, number = offset + size, number + 1


def _start(head: bytes) -> int:
    if head.startswith(_FILE_MAGIC):
        return FILE_HEADER
    chunk = head.find(CHUNK_MAGIC)
    return FILE_HEADER if chunk < 0 else chunk


def _chunk_size(view: View, offset: int) -> int:
    """Return how far a chunk goes: bytes may be missing from it, then the next begins early."""
    behind = view.read_at(offset + CHUNK, len(CHUNK_MAGIC))
    if behind in (CHUNK_MAGIC, bytes(len(behind))) and len(behind) == len(CHUNK_MAGIC):
        return CHUNK
    data = view.read_at(offset, CHUNK)
    early = data.find(CHUNK_MAGIC, CHUNK_HEADER)
    while early >= 0:
        if is_sound(view.read_at(offset + early, CHUNK_HEADER)):
            return early
        early = data.find(CHUNK_MAGIC, early + 1)
    return len(data)


def _foreign_size(view: View, offset: int) -> int:
    """Return how far something goes that is no chunk; negative when it is empty space."""
    data = view.read_at(offset, CHUNK)
    magic = data.find(CHUNK_MAGIC)
    size = len(data) if magic < 0 else magic
    return -size if data[:size] == _ZERO[:size] else size


def is_sound(head: bytes) -> bool:
    """Tell whether a chunk's header is as its checksum says; needs its 512 bytes."""
    return len(head) >= CHUNK_HEADER and head.startswith(CHUNK_MAGIC) and head_checksum(head) == head[124:128]


def head_checksum(head: bytes) -> bytes:
    """Return the checksum of a chunk's header as it is stored."""
    return zlib.crc32(head[128:CHUNK_HEADER], zlib.crc32(head[:120])).to_bytes(4, "little")
