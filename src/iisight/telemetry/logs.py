"""From what the user names, and from the evidence of a scan, to event logs that a worker can open by itself."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from iisight.evidence.folder import open_folder
from iisight.evidence.mount import OUTSIDE
from iisight.evidence.names import printable
from iisight.evidence.open import open_source
from iisight.evidence.shape import UNKNOWN
from iisight.evidence.source import File, Source
from iisight.evidence.stream import decompressed, form_of, guarded
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError
from iisight.parsers import exports
from iisight.parsers.evtx import is_evtx
from iisight.telemetry.kinds import is_archive, is_tar, kind_of

STANDARD_INPUT = "-"

_FIRST = 512  # bytes that tell whether more have to be read
_CHUNKS = 4096  # bytes of an EVTX file before its first chunk
_EVENT_LOGS = (".evtx", ".evt")
_EXPORTS = (".json", ".jsonl", ".ndjson", ".xml")
_PACKED = (".gz", ".zst", ".bz2", ".xz")
_MAY_BE_LOG = (
    b"{", b"[", b"<", b"Record ", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b" ", b"\t", b"\r", b"\n", b"\0",
)  # fmt: skip


class LogFormat(StrEnum):
    """How a log is written."""

    EVTX = "evtx"
    JSON = "json"
    XML = "xml"


@dataclass(frozen=True, slots=True)
class Log:
    """One event log that was found and not read yet."""

    path: str  # Windows path where it is known, else its name
    name: str  # as it was given, or as the evidence holds it
    size: int | None  # bytes as they are stored; None when nobody can say
    format: LogFormat
    place: Path | None = None  # the file on this machine, or the archive it is in
    member: str = ""  # Windows path in the archive
    compression: str = ""
    held: Callable[[], BinaryIO] | None = field(default=None, repr=False, compare=False)  # for what has no place

    @property
    def file(self) -> Path | None:
        """Return the file on this machine that is the log itself: one that can be read by ranges."""
        return self.place if not self.member and not self.compression else None

    @property
    def is_portable(self) -> bool:
        """Tell whether another process can open it."""
        return self.held is None

    def open(self) -> BinaryIO:
        """Return its bytes, decompressed; opening and reading raise EvidenceError."""
        stream = self._stored()
        return decompressed(stream, self.compression, self.name) if self.compression else stream

    def _stored(self) -> BinaryIO:
        if self.held is not None or self.place is None:
            return _nothing(self.name) if self.held is None else self.held()
        if not self.member:
            return _open(self.place, self.name)
        source = _archive(self.place)
        file = source.find(self.member)
        return _nothing(self.name) if file is None else source.open(file)


def find_logs(arguments: Iterable[str], stdin: BinaryIO | None = None) -> Iterator[Log | Gap]:
    """Yield the logs that files, folders, archives and `-` hold, in their order, and what could not be had of them."""
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield _from_stream(stdin or sys.stdin.buffer)
        else:
            yield from _named(argument)


def logs_of(source: Source) -> Iterator[Log | Gap]:
    """Yield the logs in the evidence of a scan: those of Windows wherever they stand, and exports beside the drives."""
    packed = tuple(f"{suffix}{form}" for suffix in (*_EVENT_LOGS, *_EXPORTS) for form in _PACKED)
    for file in source.ending(*_EVENT_LOGS, *_EXPORTS, *packed):
        if _promises(file.path) or _is_beside(file.path):
            found = _look(source, file, file.origin or file.path)
            if _is_told(found, file.path):
                yield found


def _named(argument: str) -> Iterator[Log | Gap]:
    """Yield what one argument names; it is told when it is no log and holds none."""
    path, shown = Path(argument), printable(argument)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # opening a pipe waits for its other end
            yield Gap(GapKind.REFUSED, shown, "no regular file; feed it to standard input and name `-`")
            return
        path = path.resolve(strict=True)
        source = open_folder(path) if path.is_dir() else None
        if source is None:
            with path.open("rb") as stream:
                head = stream.read(2 * _FIRST)
            source = open_source(path) if is_archive(head) or _is_packed_tar(path, head) else None
        if source is not None:
            yield from _below(source, shown, path.is_dir())
            return
        opener = partial(_open, path, shown)
        found = _judge(opener, shown, shown, path.stat().st_size)
    except FileNotFoundError:
        found = Gap(GapKind.MISSING, shown, "no such file or folder")
    except (OSError, ValueError, EvidenceError) as error:
        found = Gap(GapKind.UNREADABLE, shown, getattr(error, "strerror", None) or str(error))
    if isinstance(found, Log):
        found = Log(found.path, found.name, found.size, found.format, path, compression=found.compression)
    yield found


def _below(source: Source, shown: str, is_folder: bool) -> Iterator[Log | Gap]:
    """Yield the logs of a folder, with those of the ZIP archives in it, or of an archive."""
    yield from source.gaps
    count = 0
    for file in source.below(""):
        name = f"{shown.rstrip('/')}/{file.origin}"
        if file.path.lower().endswith(".zip"):
            inside = _nested(source, file, name, is_folder)
        else:
            inside = iter((_look(source, file, name),))
        for found in inside:
            if _is_told(found, file.path):
                count += 1
                yield found
    if not count:
        yield Gap(GapKind.MISSING, shown, "no event log in it")


def _nested(source: Source, file: File, name: str, is_folder: bool) -> Iterator[Log | Gap]:
    """Yield the logs of an archive in a folder; one in an archive is not opened."""
    place = _place(source, file) if is_folder else None
    if place is None:
        yield Gap(GapKind.REFUSED, name, "an archive inside of an archive; extract it and name it")
        return
    try:
        yield from _below(open_source(place), name, False)
    except EvidenceError as error:
        yield Gap(GapKind.UNREADABLE, name, str(error))


def _is_told(found: Log | Gap, path: str) -> bool:
    """Tell whether this belongs into the answer: a file that is no log does only when its name says it is one."""
    return isinstance(found, Log) or found.kind is not GapKind.MALFORMED or _promises(path)


def _look(source: Source, file: File, name: str) -> Log | Gap:
    """Return the log a file of a source is, or why it is none (`malformed`) or cannot be read."""
    is_mapped = not file.path.startswith((f"{UNKNOWN}\\", f"{OUTSIDE}\\"))
    try:
        found = _judge(partial(source.open, file), file.path if is_mapped else name, name, file.size)
    except EvidenceError as error:
        return Gap(GapKind.UNREADABLE, name, str(error))
    if isinstance(found, Gap):
        return found
    if source.place is None:
        return found
    local = _place(source, file)
    if local is None and source.place.is_dir():
        return found
    member = "" if local else file.path
    return Log(found.path, name, file.size, found.format, local or source.place, member, found.compression)


def _judge(opener: Callable[[], BinaryIO], path: str, name: str, size: int | None) -> Log | Gap:
    """Return a log by what is in it, whatever it is called; else a gap that says what it is; raises EvidenceError."""
    with opener() as stream:
        head = stream.read(_FIRST)
        form = form_of(head) or ""
        if form or is_evtx(head) or head.startswith(_MAY_BE_LOG) or _promises(name):
            head += stream.read(exports.HEAD - len(head))
    if form:
        with decompressed(opener(), form, name) as stream:
            head = stream.read(exports.HEAD)
    found = _format(head, _promises(name), size)
    if found is None:
        return Gap(GapKind.MALFORMED, name, kind_of(head))
    return Log(path, name, size, found, compression=form, held=opener)


def _format(head: bytes, is_promised: bool, size: int | None) -> LogFormat | None:
    if is_evtx(head) or is_evtx(head[_CHUNKS : _CHUNKS + 8]):
        return LogFormat.EVTX
    if is_promised and not head.strip(b"\0") and (size or 0) > len(head) > _CHUNKS:
        return LogFormat.EVTX  # its start was wiped; there may be chunks behind
    found = exports.recognise(head)
    return None if found is None else LogFormat(found.value)


def _from_stream(stream: BinaryIO) -> Log | Gap:
    """Return the log that comes from standard input: it is opened once."""
    head = stream.read(exports.HEAD)
    form = form_of(head) or ""
    pieces = [head]

    def read(size: int) -> bytes:
        if not pieces:
            return stream.read(size)
        first = pieces.pop()
        if len(first) > size:
            pieces.append(first[size:])
        return first[:size]

    rejoined = guarded(read, lambda: None, lambda error: f"standard input: {error}")
    if form:
        return _from_packed(rejoined, form)
    found = _format(head, False, None)
    if found is None:
        return Gap(GapKind.MALFORMED, "standard input", kind_of(head))
    return Log("standard input", "standard input", None, found, held=lambda: rejoined)


def _from_packed(stream: BinaryIO, form: str) -> Log | Gap:
    try:
        return _from_stream(decompressed(stream, form, "standard input"))
    except EvidenceError as error:
        return Gap(GapKind.UNREADABLE, "standard input", str(error))


def _promises(name: str) -> bool:
    """Tell whether a name is that of an event log of Windows."""
    lowered = name.lower()
    bare = next((lowered.removesuffix(form) for form in _PACKED if lowered.endswith(form)), lowered)
    return bare.endswith(_EVENT_LOGS)


def _is_beside(path: str) -> bool:
    """Tell whether a file is of no drive, but of who collected the evidence."""
    return path.startswith((f"{OUTSIDE}\\", f"{UNKNOWN}\\"))


def _is_packed_tar(path: Path, head: bytes) -> bool:
    form = form_of(head)
    if form is None:
        return False
    with decompressed(path.open("rb"), form, path.name) as stream:
        return is_tar(stream.read(_FIRST))


def _place(source: Source, file: File) -> Path | None:
    """Return where a file of a folder is on this machine."""
    if source.place is None or not source.place.is_dir():
        return None
    place = source.place.resolve() / file.origin
    return place if place.is_file() and not place.is_symlink() else None


def _open(path: Path, name: str) -> BinaryIO:
    """Open a file that must still be where it was found: no part of its path may have become a link."""
    try:
        if path.resolve(strict=True) != path:
            raise EvidenceError(f"{name}: has become a link")
        return path.open("rb", buffering=0)  # what is read is chunks, blocks, or eight bytes here and there
    except OSError as error:
        raise EvidenceError(f"{name}: {error.strerror or error}") from error


@lru_cache(maxsize=4)
def _archive(path: Path) -> Source:
    return open_source(path)


def _nothing(name: str) -> BinaryIO:
    raise EvidenceError(f"{name}: is no longer there")


__all__ = ["STANDARD_INPUT", "Log", "LogFormat", "find_logs", "logs_of"]
