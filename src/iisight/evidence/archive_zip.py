"""Evidence in a ZIP archive, read in place: nothing is extracted to disk."""

import io
import lzma
import stat
import struct
import weakref
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from iisight.evidence.listing import Budget, Gaps, Listed, Names, check_ratio, to_source
from iisight.evidence.names import is_stray, printable
from iisight.evidence.source import MAX_FILES, File, Source
from iisight.evidence.stream import guarded
from iisight.model.coverage import GapKind
from iisight.model.errors import EvidenceError

MAX_DIRECTORY = 512 * 1024**2  # bytes of the central directory, which is read as a whole
_CHUNK = 1024**2
_SMALL_CHUNK = 4096  # for methods whose decompressor gives all it can of what it is fed
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


def open_zip(path: Path | BinaryIO, name: str = "") -> Source:
    """Return the source of the members of a ZIP archive; raises EvidenceError when it is none."""
    name = name or (path.name if isinstance(path, Path) else "archive.zip")
    stream = _open(path, name) if isinstance(path, Path) else path
    try:
        archive = zipfile.ZipFile(stream)
    except (EvidenceError, *_ERRORS) as error:
        if stream is not path:
            stream.close()
        raise EvidenceError(f"{name}: not a readable ZIP archive ({error})") from error
    gaps, budget = Gaps(), Budget()
    members = dict(_members(archive.infolist(), gaps))
    archive.filelist.clear()
    archive.NameToInfo.clear()

    def opener(file: File) -> BinaryIO:
        info = members.get(file.origin)
        if info is None:
            raise EvidenceError(f"{file.path}: not a member of {name}")
        return _open_member(archive, info, file.path, budget)

    listed = [Listed(origin, info.file_size, _modified(info)) for origin, info in members.items()]
    source = to_source(name, listed, opener, gaps, path if isinstance(path, Path) else None)
    if stream is not path:
        weakref.finalize(source, stream.close)
    return source


class _Bounded(io.BufferedReader):
    """A file of which nothing huge is read at once: zipfile takes the directory as a whole, as long as it is said.

    What its size is said to be depends on which of several end records counts; here it is what zipfile asks for.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most `size` bytes; raises EvidenceError for more than MAX_DIRECTORY."""
        if size is not None and size > MAX_DIRECTORY:
            raise EvidenceError(f"its directory is larger than {MAX_DIRECTORY:,} bytes; extract it, give the folder")
        return super().read(size)


def _open(path: Path, name: str) -> BinaryIO:
    try:
        return _Bounded(io.FileIO(path))
    except OSError as error:
        raise EvidenceError(f"{name}: {error.strerror or error}") from error


def _members(infos: list[zipfile.ZipInfo], gaps: Gaps) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield the members that are read, by their printable names; the first of equal names wins."""
    overlapping, names = _overlapping(infos), Names()
    seen: set[str] = set()
    for info in infos:
        if info.filename.endswith("/"):
            continue
        origin = printable(info.filename)
        problem = _problem(origin, info, seen, overlapping) or _without_room(origin, names)
        if problem is None:
            seen.add(origin)
            yield origin, info
        else:
            gaps.add(problem[0], origin, problem[1])


def _problem(origin: str, info: zipfile.ZipInfo, seen: set[str], overlapping: set[int]) -> tuple[GapKind, str] | None:
    if info.flag_bits & 0x1:
        return GapKind.UNREADABLE, "encrypted; extract it with its password and give the folder"
    if is_stray(origin):
        return GapKind.REFUSED, "a name that leads out of the archive, or nowhere"
    if stat.S_ISLNK(info.external_attr >> 16):
        return GapKind.REFUSED, "a link, not followed"
    if id(info) in overlapping:
        return GapKind.REFUSED, "shares its bytes with another member, as in a decompression bomb"
    if origin in seen:
        return GapKind.REFUSED, "a second member of the same name"
    if len(seen) >= MAX_FILES:
        return GapKind.REFUSED, f"more than {MAX_FILES:,} files; the rest was not listed"
    return None


def _without_room(origin: str, names: Names) -> tuple[GapKind, str] | None:
    reason = names.problem(origin)
    return None if reason is None else (GapKind.REFUSED, reason)


def _overlapping(infos: Iterable[zipfile.ZipInfo]) -> set[int]:
    """Return the ids of the members whose bytes start before the end of an earlier one."""
    found: set[int] = set()
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            found.add(id(info))
        end = max(end, info.header_offset + 30 + len(info.orig_filename) + info.compress_size)
    return found


def _open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, budget: Budget) -> BinaryIO:
    plain = info.compress_type == zipfile.ZIP_STORED
    given = 0

    def tell(error: Exception) -> str:
        return f"{shown}: damaged in the archive ({error})"

    def read(size: int) -> bytes:
        nonlocal given
        part = member.read(size)
        given += len(part)
        if not plain:
            budget.take(len(part))
            check_ratio(info.filename, info.compress_size, given)
        return part

    try:
        member = archive.open(info)
    except _ERRORS as error:
        raise EvidenceError(tell(error)) from error
    most = _CHUNK if plain or info.compress_type == zipfile.ZIP_DEFLATED else _SMALL_CHUNK
    return guarded(read, member.close, tell, most)


def _modified(info: zipfile.ZipInfo) -> datetime | None:
    """Return the time of the NTFS or Unix extra field (APPNOTE 4.5.5, Info-ZIP), else the DOS time as UTC."""
    extra = info.extra
    try:
        while len(extra) >= 4:
            kind, size = struct.unpack_from("<HH", extra)
            field, extra = extra[4 : 4 + size], extra[4 + size :]
            if kind == 0x000A and size >= 32:
                (ticks,) = struct.unpack_from("<Q", field, 8)
                return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
            if kind == 0x5455 and size >= 5 and field[0] & 1:
                return datetime.fromtimestamp(struct.unpack_from("<i", field, 1)[0], UTC)
        return datetime(*info.date_time, tzinfo=UTC)
    except (ValueError, OverflowError, OSError, struct.error):
        return None
