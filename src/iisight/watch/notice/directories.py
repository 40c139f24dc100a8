"""Changes as Windows tells them (ReadDirectoryChangesW): one handle for a root, all on one completion port."""

import ctypes
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from iisight.watch.notice.feed import Heard, Trouble
from iisight.watch.notice.listing import look
from iisight.watch.notice.windows_listing import LIST_DIRECTORY
from iisight.win32 import BACKUP_SEMANTICS, code_of, library, long_path, open_path

# Names, attributes, size, last write, creation, security.
_FILTER = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x100
_ADDED, _RENAMED_NEW = 1, 5
_CAME = frozenset({_ADDED, _RENAMED_NEW})
_ENUM_DIR = 1022  # ERROR_NOTIFY_ENUM_DIR: more happened than fits the buffer
_TIMEOUT = 258  # WAIT_TIMEOUT
_LARGEST = 64 * 1024  # of a buffer: a network redirector takes no more
_SMALLEST = 4 * 1024
_ALL = 16 * 1024**2  # of all buffers; the kernel holds as much again
_OVERLAPPED = 0x40000000  # FILE_FLAG_OVERLAPPED
_NONE = ctypes.c_void_p(-1).value  # INVALID_HANDLE_VALUE: a port of no file yet
_WAKE = 0  # the key of `wake`; roots have others
_AT_ONCE = 64  # completions taken in one `read`
_HEAD = struct.Struct("<III")


class _Overlapped(ctypes.Structure):
    """OVERLAPPED."""

    _fields_ = (
        ("internal", ctypes.c_size_t),
        ("internal_high", ctypes.c_size_t),
        ("offset", ctypes.c_uint64),
        ("event", ctypes.c_void_p),
    )


@dataclass(slots=True)
class _Followed:
    """A folder that is followed."""

    folder: str
    deep: bool
    handle: int
    buffer: "ctypes.Array[ctypes.c_uint32]"  # the call wants it aligned to four bytes
    overlapped: _Overlapped = field(default_factory=_Overlapped)
    ended: bool = False  # its handle is closed; the last completion frees it


class Directories:
    """Folders on one completion port."""

    def __init__(self) -> None:
        self._kernel = library("kernel32")
        self._port = self._kernel.CreateIoCompletionPort(_NONE, None, 0, 1)
        self._lock = threading.Lock()
        self._next = _WAKE + 1
        self._keys: dict[int, _Followed] = {}
        self._folders: dict[str, int] = {}

    def follow(self, folder: str, deep: bool) -> list[Trouble]:
        """Let changes of a folder be told; one handle does for all below. Raises OSError."""
        with self._lock:
            if folder in self._folders:
                return []  # what was left out is told by nobody; the folders below are followed all the same
            handle = open_path(folder, LIST_DIRECTORY, BACKUP_SEMANTICS | _OVERLAPPED)
            key, self._next = self._next, self._next + 1
            size = max(_SMALLEST, min(_LARGEST, _ALL // (len(self._keys) + 1)))
            followed = _Followed(folder, deep, handle, (ctypes.c_uint32 * (size // 4))())
            try:
                self._kernel.CreateIoCompletionPort(handle, self._port, key, 0)
                _ask(followed)
            except OSError:
                self._kernel.CloseHandle(handle)
                raise
            self._keys[key] = followed
            self._folders[folder] = key
        return []

    def forget(self, folder: str) -> None:
        """Close a folder's handle; what was asked of it completes with an error, and then it is let go."""
        with self._lock:
            key = self._folders.pop(folder, None)
            if key is not None:
                followed = self._keys[key]
                followed.ended = True
                self._kernel.CloseHandle(followed.handle)

    def read(self, seconds: float) -> Heard:
        """Return what Windows told; wait so long for the first of it."""
        heard = Heard()
        milliseconds = int(max(seconds, 0) * 1000)
        for _ in range(_AT_ONCE):
            completion = self._complete(milliseconds)
            if completion is None or completion[0] == _WAKE:
                break
            self._take(*completion, heard)
            milliseconds = 0
        return heard

    def wake(self) -> None:
        """Let `read` return."""
        with suppress(OSError):  # `read` ends when its time is over
            self._kernel.PostQueuedCompletionStatus(self._port, 0, _WAKE, None)

    def close(self) -> None:
        """Close all; nobody may be in `read`."""
        for folder in list(self._folders):
            self.forget(folder)
        while self._keys and (completion := self._complete(1000)) is not None:
            self._keys.pop(completion[0], None)  # a buffer must outlive what was asked with it
        self._kernel.CloseHandle(self._port)

    def _complete(self, milliseconds: int) -> tuple[int, int, int] | None:
        """Return key, size and error of what was completed; None when the time is over."""
        size, key, overlapped = ctypes.c_uint32(), ctypes.c_size_t(), ctypes.c_void_p()
        places = ctypes.byref(size), ctypes.byref(key), ctypes.byref(overlapped)
        try:
            self._kernel.GetQueuedCompletionStatus(self._port, *places, milliseconds)
        except OSError as error:
            if overlapped.value:
                return key.value, size.value, code_of(error)
            if code_of(error) != _TIMEOUT:
                raise
            return None
        return key.value, size.value, 0

    def _take(self, key: int, size: int, error: int, heard: Heard) -> None:
        with self._lock:
            followed = self._keys.get(key)
            if followed is None:
                return
            if followed.ended:
                del self._keys[key]
                return
            told = bytes(memoryview(followed.buffer).cast("B")[:size])
            if error in (0, _ENUM_DIR):
                try:
                    _ask(followed)
                    error = error if error or size else _ENUM_DIR
                except OSError as problem:
                    error = code_of(problem) or 1
            if error not in (0, _ENUM_DIR):
                heard.lost.add(followed.folder)
                self._kernel.CloseHandle(followed.handle)
                del self._keys[key], self._folders[followed.folder]
        if error == _ENUM_DIR:
            heard.overflow.add(followed.folder)
        for action, name in parse_changes(told):
            _tell(followed, action, name, heard)


def parse_changes(told: bytes) -> Iterator[tuple[int, str]]:
    """Yield action and relative path of each FILE_NOTIFY_INFORMATION; lone surrogates in names are kept."""
    position = 0
    while position + _HEAD.size <= len(told):
        step, action, length = _HEAD.unpack_from(told, position)
        start = position + _HEAD.size
        yield action, told[start : start + length].decode("utf-16-le", "surrogatepass")
        if not step:
            return
        position += step


def _ask(followed: _Followed) -> None:
    """Ask for the next changes; raises OSError."""
    followed.overlapped = _Overlapped()
    buffer = followed.buffer
    asked, size = ctypes.byref(followed.overlapped), ctypes.sizeof(buffer)
    library("kernel32").ReadDirectoryChangesW(followed.handle, buffer, size, followed.deep, _FILTER, None, asked, None)


def _tell(followed: _Followed, action: int, name: str, heard: Heard) -> None:
    path = os.path.join(followed.folder, name)  # noqa: PTH118  a Path of a lone surrogate would do as well, and costs more
    if "~" in name:  # a file opened by its short name is told by it (ReadDirectoryChangesW, remarks)
        long = long_path(path)
        if not long:  # it is gone, and nobody can say what it was
            heard.whole.add(os.path.dirname(path))  # noqa: PTH120
            return
        path = long
    heard.paths.add(path)
    if followed.deep and action in _CAME and (entry := look(path)) is not None and entry.is_folder:
        heard.whole.add(path)
