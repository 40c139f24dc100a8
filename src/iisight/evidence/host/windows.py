r"""The drives of the Windows this runs on. Imports everywhere; works on Windows alone.

- Files are opened with every kind of sharing, so that one that others have open for writing can be read as well.
- A 32-bit Python on 64-bit Windows is shown SysWOW64 in place of System32. Its other name there, `Sysnative`, is put
  into the path of each call: switching the redirector off (`Wow64DisableWow64FsRedirection`) would do so for
  everything that the thread does meanwhile, the loading of DLLs included.
- Paths are given with `\\?\`: of any length, and without the names and endings that Windows would read otherwise.
- No link is followed: not the last part of a path (FILE_FLAG_OPEN_REPARSE_POINT), and of the parts before it the handle
  says where it led (GetFinalPathNameByHandle). Files that are reparse points and no links (deduplicated ones) are read.
"""

import os
import re
import stat
import sys
from collections.abc import Iterator
from typing import BinaryIO

from iisight.evidence import paths
from iisight.evidence.host.disk import Entry, why
from iisight.evidence.listing import to_time
from iisight.evidence.stream import guarded
from iisight.model.errors import EvidenceError
from iisight.win32 import (
    BACKUP_SEMANTICS,
    DRIVE_REMOTE,
    GENERIC_READ,
    MAX_PATH,
    OPEN_REPARSE_POINT,
    library,
    long_path,
    open_path,
    to_descriptor,
)

_SEQUENTIAL = 0x08000000  # FILE_FLAG_SEQUENTIAL_SCAN
_BASIC_INFO, _ATTRIBUTE_TAG_INFO = 0, 9  # FileBasicInfo, FileAttributeTagInfo
_FOLDER, _REPARSE = 0x10, 0x400  # FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT
_NAME_SURROGATE = 0x20000000  # of a reparse tag: it names another file or folder (IsReparseTagNameSurrogate)
_VOLUME, _BY_VOLUME = "\\\\?\\Volume{", 1  # VOLUME_NAME_GUID
_SYSTEM32 = re.compile(r"([A-Za-z]:\\Windows\\)System32(?=\\|\Z)", re.IGNORECASE)
_ABSENT = frozenset({2, 3, 15, 21, 53, 67, 123, 161, 267})
"""No such file, path, drive; not ready; no such share, name; bad name, path; no folder (`winerror.h`)."""


class WindowsDisk:
    """The drives of this machine."""

    def __init__(self) -> None:
        """Ask whether this process is shown another System32."""
        self._is_redirected = is_redirected()

    def look(self, path: str) -> Entry | None:
        """Return what is at a path."""
        try:
            info = os.lstat(self._name(path))
        except OSError as error:
            if getattr(error, "winerror", None) in _ABSENT or isinstance(error, FileNotFoundError):
                return None
            raise
        return _entry(paths.basename(path), info)

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield what a folder holds; nothing is opened for it but the folder."""
        with os.scandir(self._name(folder)) as found:
            for entry in found:
                yield _entry(entry.name, entry.stat(follow_symlinks=False))

    def target(self, path: str) -> str:
        """Return where a link leads, without the prefix of the object manager."""
        target = os.readlink(self._name(path))  # noqa: PTH115  a text, no path of this process
        return target if target.startswith(_VOLUME) else paths.normal(target)

    def is_remote(self, path: str) -> bool:
        """Tell whether a path is on another computer: a share, or a drive that stands for one."""
        return paths.is_unc(path) or library("kernel32").GetDriveTypeW(path[:2] + "\\") == DRIVE_REMOTE

    def open(self, path: str) -> BinaryIO:
        """Return a file to be read forwards."""
        try:
            stream = _open(self._name(path), path)
        except OSError as error:
            raise EvidenceError(f"{path}: {why(error)}") from error
        return guarded(stream.read, stream.close, lambda error: f"{path}: {_reason(error)}")

    def _name(self, path: str) -> str:
        return to_name(path, is_redirected=self._is_redirected)


def _open(name: str, path: str) -> BinaryIO:
    """Open a file by the name for the system; `path` is what it must turn out to be. Raises OSError."""
    handle = _create(name, OPEN_REPARSE_POINT)
    try:
        attributes, tag = _tag(handle)
        if attributes & _FOLDER or (attributes & _REPARSE and tag & _NAME_SURROGATE):
            raise OSError("no longer a regular file")
        if attributes & _REPARSE:  # a file whose content a filter supplies: it must be opened through it
            unfiltered, handle = handle, _create(name, 0)
            library("kernel32").CloseHandle(unfiltered)
        final = _final(handle, _BY_VOLUME if path.startswith(_VOLUME) else 0)
        if final and paths.fold(final) not in {paths.fold(path), paths.fold(long_path(name) or name)}:
            raise OSError("a folder on the way to it has become a link")
    except OSError:
        library("kernel32").CloseHandle(handle)
        raise
    return open(to_descriptor(handle), "rb", buffering=0)  # noqa: PTH123  closed by who reads


def _create(name: str, flags: int) -> int:
    return open_path(name, GENERIC_READ, BACKUP_SEMANTICS | _SEQUENTIAL | flags)


def _tag(handle: int) -> tuple[int, int]:
    """Return the attributes of an open file and its reparse tag."""
    import ctypes

    pair, basic = (ctypes.c_uint32 * 2)(), (ctypes.c_uint64 * 5)()  # of FILE_BASIC_INFO: four times, then attributes
    ask = library("kernel32").GetFileInformationByHandleEx
    try:
        ask(handle, _ATTRIBUTE_TAG_INFO, pair, ctypes.sizeof(pair))
    except OSError:  # the system does not tell its tag (Wine 8, FAT)
        ask(handle, _BASIC_INFO, basic, ctypes.sizeof(basic))
        return basic[4] & 0xFFFFFFFF, 0
    return pair[0], pair[1]


def _final(handle: int, flags: int) -> str:
    r"""Return where an open file is, `C:\…` or by the name of its volume; empty when the system does not say."""
    import ctypes

    buffer = ctypes.create_unicode_buffer(MAX_PATH)
    length = library("kernel32").GetFinalPathNameByHandleW(handle, buffer, MAX_PATH, flags)
    return buffer.value if 0 < length < MAX_PATH else ""


def is_redirected() -> bool:
    """Tell whether this process is a 32-bit one on a 64-bit Windows."""
    return sys.maxsize <= 2**32 and "PROCESSOR_ARCHITEW6432" in os.environ  # set by Windows for such processes alone


def to_name(path: str, *, is_redirected: bool) -> str:
    r"""Return a path as it is given to the system: with `\\?\`, and the System32 that is meant."""
    if path.startswith("\\\\"):
        return path if not path.endswith("}") else f"{path}\\"
    match = _SYSTEM32.match(path) if is_redirected else None
    if match is not None:
        path = f"{match[1]}Sysnative{path[match.end() :]}"
    return f"\\\\?\\{path}\\" if path.endswith(":") else f"\\\\?\\{path}"


def _entry(name: str, info: os.stat_result) -> Entry:
    tag = int(getattr(info, "st_reparse_tag", 0))
    attributes = int(getattr(info, "st_file_attributes", 0))
    is_link = stat.S_ISLNK(info.st_mode) or bool(tag & _NAME_SURROGATE)
    is_folder = stat.S_ISDIR(info.st_mode) or bool(attributes & _FOLDER)
    return Entry(name, is_folder, info.st_size, to_time(info.st_mtime), is_link)


def _reason(error: Exception) -> str:
    return why(error) if isinstance(error, OSError) else str(error)
