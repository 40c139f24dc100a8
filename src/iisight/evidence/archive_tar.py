"""Evidence in a tar archive, plain or compressed: one pass to index it, bodies of interest kept as it goes by."""

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from iisight.evidence.listing import Budget, Gaps, Listed, Names, to_source, to_time
from iisight.evidence.names import is_stray, printable
from iisight.evidence.paths import extension
from iisight.evidence.source import MAX_FILES, File, Source
from iisight.evidence.stream import MAX_PIECE, Forward, guarded
from iisight.model.coverage import GapKind
from iisight.model.errors import EvidenceError

MAX_KEPT_FILE = 16 * 1024**2  # bytes of a file that is kept
MAX_KEPT = 512 * 1024**2  # bytes of all kept files, compressed
MAX_PASSES = 64  # passes over a compressed archive for files that were not kept
_KEPT = frozenset({
    ".ashx", ".asax", ".asmx", ".aspx", ".cat", ".compiled", ".config", ".cs", ".dll", ".evtx", ".exe",
    ".json", ".log", ".toml", ".vb", ".xml",
})  # fmt: skip
_ERRORS = (tarfile.TarError, EvidenceError, RecursionError, ValueError, OverflowError, OSError, EOFError)


@dataclass(slots=True)
class _Index:
    """What the pass over the archive found."""

    name: str
    form: str
    gaps: Gaps = field(default_factory=Gaps)
    names: Names = field(default_factory=Names)
    listed: list[Listed] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    room: int = MAX_KEPT


def open_tar(path: Path | bytes, form: str = "", name: str = "") -> Source:
    """Return the source of the members of a tar archive compressed as `form`; raises EvidenceError if it is none."""
    name = name or (path.name if isinstance(path, Path) else "archive.tar")
    index = _Index(name, form)
    with _open(path) as raw:
        _scan(Forward(raw, form, name), index)
    budget, passes = Budget(), Budget(MAX_PASSES)

    def opener(file: File) -> BinaryIO:
        if file.origin in index.kept:
            return BytesIO(zlib.decompressobj().decompress(index.kept[file.origin], max(file.size, 1))[: file.size])
        if file.origin not in index.offsets:
            raise EvidenceError(f"{file.path}: not a member of {name}")
        _spend(file, 1, passes if form else None)
        stack = ExitStack()
        try:
            stream = Forward(stack.enter_context(_open(path)), form, name)
            stream.seek(index.offsets[file.origin])
        except EvidenceError:
            stack.close()
            raise
        return guarded(_Member(stream, file, budget if form else None).read, stack.close, str)

    return to_source(name, index.listed, opener, index.gaps, path if isinstance(path, Path) else None)


class _Member:
    """The bytes of one member: exactly as many as its header says."""

    def __init__(self, stream: Forward, file: File, budget: Budget | None) -> None:
        self._stream = stream
        self._file = file
        self._budget = budget
        self._left = file.size

    def read(self, size: int) -> bytes:
        part = self._stream.read(min(size, self._left, MAX_PIECE))
        if not part and self._left and size:
            raise EvidenceError(f"{self._file.path}: the archive ends {self._left:,} bytes early")
        self._left -= len(part)
        _spend(self._file, len(part), self._budget)
        return part


@contextmanager
def _open(path: Path | bytes) -> Iterator[BinaryIO]:
    if isinstance(path, bytes):
        yield BytesIO(path)
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise EvidenceError(f"{path.name}: {error.strerror or error}") from error
    with stream:
        yield stream


def _scan(stream: Forward, index: _Index) -> None:
    """List the members up to the end mark, or up to where the archive is damaged."""
    try:
        archive = tarfile.TarFile(fileobj=cast(BinaryIO, stream), mode="r")
    except _ERRORS as error:
        raise EvidenceError(f"{index.name}: not a readable tar archive ({error})") from error
    try:
        while (member := archive.next()) is not None:
            _add(member, stream, index)
            archive.members = []  # type: ignore[attr-defined]  # it would keep every header
            archive.pax_headers = {}
        if len(stream.last) < tarfile.BLOCKSIZE or stream.last.strip(b"\0"):
            index.gaps.add(GapKind.MALFORMED, index.name, "the archive ends early; what came before was read")
    except _ERRORS as error:
        reason = f"the archive is damaged; what came before was read ({error})"
        index.gaps.add(GapKind.MALFORMED, index.name, reason)


def _add(member: tarfile.TarInfo, stream: Forward, index: _Index) -> None:
    if member.isdir():
        return
    origin = printable(member.name)
    problem = _problem(origin, member, index)
    if problem is not None:
        index.gaps.add(GapKind.REFUSED, origin, problem)
        return
    if index.form and index.room > 0 and member.size <= MAX_KEPT_FILE and extension(origin) in _KEPT:
        body = zlib.compress(_read_at(stream, member.offset_data, member.size, origin), 1)
        index.kept[origin] = body
        index.room -= len(body)
    index.offsets[origin] = member.offset_data
    index.listed.append(Listed(origin, member.size, to_time(member.mtime)))


def _problem(origin: str, member: tarfile.TarInfo, index: _Index) -> str | None:
    if member.issym() or member.islnk():
        return "a link, not followed"
    if not member.isreg() or member.sparse is not None:
        return "not a regular file"
    if is_stray(origin):
        return "a name that leads out of the archive, or nowhere"
    if origin in index.offsets:
        return "a second member of the same name"
    if len(index.listed) >= MAX_FILES:
        return f"more than {MAX_FILES:,} files; the rest was not listed"
    return index.names.problem(origin)


def _read_at(stream: Forward, offset: int, size: int, shown: str) -> bytes:
    """Return exactly `size` bytes from an offset."""
    stream.seek(offset)
    parts: list[bytes] = []
    left = size
    while left > 0 and (part := stream.read(min(left, MAX_PIECE))):
        parts.append(part)
        left -= len(part)
    if left:
        raise EvidenceError(f"{shown}: the archive ends {left:,} bytes early")
    return b"".join(parts)


def _spend(file: File, size: int, budget: Budget | None) -> None:
    try:
        if budget is not None:
            budget.take(size)
    except EvidenceError as error:
        reason = f"{file.path}: too much was read out of the compressed archive; extract it and give the folder"
        raise EvidenceError(reason) from error
