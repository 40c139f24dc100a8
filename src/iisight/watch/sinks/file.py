"""Alerts in a file that is rotated: what `send` has taken is on the disk."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from iisight.model.alert import Alert
from iisight.model.errors import UsageError
from iisight.watch.sinks.forms import FORMS, Form
from iisight.watch.sinks.options import settings
from iisight.watch.sinks.sink import SinkError

MAX_SIZE = 10 * 1024 * 1024  # bytes of a file before the next one is begun
KEEP = 5  # files besides the one that is written

_MIB = 1024 * 1024
_MODE = 0o640
_OURS = b'{"@timestamp":'  # how a document begins


class FileSink:
    """Appends to `path`; `path.1` is the one before it, `path.2` the one before that."""

    def __init__(self, path: Path, form: Form = FORMS["ecs"], most: int = MAX_SIZE, keep: int = KEEP) -> None:
        """Open nothing yet. `most`: bytes; a batch that alone is larger still goes into one file."""
        self.name = f"file:{path}"
        self._path, self._form, self._most, self._keep = path, form, most, keep
        self._stream: BinaryIO | None = None
        self._size = 0

    def send(self, alerts: Sequence[Alert]) -> None:
        """Append alerts as lines and wait until the disk has them."""
        data = b"".join(map(self._form, alerts))
        try:
            self._append(data)
        except OSError as error:
            self.close()
            raise SinkError(f"{self._path}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _append(self, data: bytes) -> None:
        self._open()
        if self._size and self._size + len(data) > self._most:
            self._rotate()
        stream = self._open()
        try:
            _write(stream, data)
        except OSError:
            with suppress(OSError):  # then it is mended when it is opened again
                stream.truncate(self._size)  # no half of a line stays; the whole is sent again
            raise
        self._size += len(data)

    def _open(self) -> BinaryIO:
        """Return the file as it stands at its path now: others may move it away to rotate it."""
        if self._stream is not None and not _is_same(self._stream, self._path):
            self.close()
        if self._stream is not None and self._stream.seekable():
            self._size = os.fstat(self._stream.fileno()).st_size  # others may cut it off to rotate it
        if self._stream is None:
            is_new = not self._path.exists()
            self._stream = open(self._path, "ab", buffering=0, opener=_private)  # noqa: SIM115
            if is_new and sys.platform != "win32":
                os.fchmod(self._stream.fileno(), _MODE)  # whatever the umask of the watch
            self._size = _mended(self._path, self._stream)
            if is_new:
                _sync_folder(self._path.parent)
        return self._stream

    def _rotate(self) -> None:
        """Begin a new file. Where a reader holds one, as Windows lets it, the old one grows on, to twice its size."""
        self.close()
        try:
            self._shift()  # what a kill -9 left half done
            self._path.replace(self._numbered(0))
            self._shift()
        except PermissionError:
            if _size(self._path) > 2 * self._most:
                raise
        else:
            _sync_folder(self._path.parent)

    def _shift(self) -> None:
        """Give `path.0`, there for a moment only, and those behind it their next number, up to the first gap."""
        if not self._numbered(0).exists():
            return
        gaps = (number for number in range(1, self._keep) if not self._numbered(number).exists())
        for number in range(next(gaps, self._keep), 0, -1):
            self._numbered(number - 1).replace(self._numbered(number))
        if not self._keep:
            self._numbered(0).unlink()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def parse(text: str) -> FileSink:
    """Return the sink of `file:PATH?max=10MiB&keep=5&format=ecs`; `%3f` stands for a question mark in the path."""
    path, _, query = text.removeprefix("file:").partition("?")
    if not path:
        raise UsageError("file: expected file:PATH")
    given = settings("file", query, ("max", "keep", "format"))
    form = given.choice("format", FORMS, "ecs")
    most = given.size("max", MAX_SIZE, 4096, 1024 * 1024 * _MIB)
    target = Path(path.replace("%3f", "?").replace("%3F", "?")).absolute()
    if not target.parent.is_dir():
        raise UsageError(f"file: {target.parent}: there is no such folder")
    return FileSink(target, form, most, given.number("keep", KEEP, 0, 1000))


def _write(stream: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]
    if stream.seekable():  # not a pipe
        os.fsync(stream.fileno())


def _mended(path: Path, stream: BinaryIO) -> int:
    """Return the size of a file after its last line, cut off by a kill -9 or power loss, is ended.

    Half a document of ours was never acknowledged: it is taken away, and the whole comes again. Of a line of another
    kind nothing is known; it stays, and ours begins below it.
    """
    size = stream.seek(0, os.SEEK_END) if stream.seekable() else 0
    if not size:
        return 0
    with path.open("rb") as reader:
        reader.seek(max(0, size - _MIB))
        tail = reader.read(_MIB)
    torn = tail.rpartition(b"\n")[2]
    if torn.startswith(_OURS) or (torn and _OURS.startswith(torn)):
        size -= len(torn)
        stream.truncate(size)
    elif torn:
        size += stream.write(b"\n")
    return size


def _private(path: str, flags: int) -> int:
    """Open for the owner and the group alone: alerts tell of what an intruder would like to know."""
    return os.open(path, flags, _MODE)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_same(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """Have the disk know a new name; Windows does by itself, and opens no folder."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
