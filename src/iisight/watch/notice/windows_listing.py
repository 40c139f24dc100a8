"""What stands in a folder of Windows, with change time and number of each file: a few calls for a whole folder."""

import ctypes
import os
import struct
from collections.abc import Iterator

from iisight.watch.notice.listing import Entry
from iisight.win32 import BACKUP_SEMANTICS, OPEN_REPARSE_POINT, closing, code_of, library, open_path

LIST_DIRECTORY, _READ_ATTRIBUTES = 0x1, 0x80  # FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES
_BOTH_RESTART, _BOTH = 11, 10  # FileIdBothDirectoryRestartInfo, FileIdBothDirectoryInfo
_NO_MORE_FILES = 18
_FILE_NOT_FOUND = 2
_DIRECTORY, _REPARSE = 0x10, 0x400
_SIZE = 64 * 1024  # bytes asked for at once
# FILE_ID_BOTH_DIR_INFO: next, index, created, accessed, written, changed, size, allocated, attributes, name length, …
_HEAD = struct.Struct("<II6qIII")
_BASIC = struct.Struct("<4qI4x")  # FILE_BASIC_INFO: created, accessed, written, changed, attributes
_INFORMATION = struct.Struct("<32xII4xII")  # BY_HANDLE_FILE_INFORMATION: size and number, high halves first
_NUMBER = 96  # offset of FileId
_NAME = 104


def list_by_handle(folder: str) -> Iterator[Entry]:
    """Yield what stands in a folder; raises OSError."""
    buffer, kind = ctypes.create_string_buffer(_SIZE), _BOTH_RESTART
    with closing(open_path(folder, LIST_DIRECTORY, BACKUP_SEMANTICS)) as handle:
        while _is_filled(handle, kind, buffer):
            yield from parse_entries(buffer.raw)
            kind = _BOTH


def look_by_handle(path: str) -> Entry:
    """Return what is at a path, as a listing of its folder would; raises OSError."""
    times, rest = ctypes.create_string_buffer(_BASIC.size), ctypes.create_string_buffer(_INFORMATION.size)
    with closing(open_path(path, _READ_ATTRIBUTES, BACKUP_SEMANTICS | OPEN_REPARSE_POINT)) as handle:
        library("kernel32").GetFileInformationByHandleEx(handle, 0, times, _BASIC.size)
        library("kernel32").GetFileInformationByHandle(handle, rest)
    created, _, written, changed, attributes = _BASIC.unpack(times.raw)
    size_high, size_low, number_high, number_low = _INFORMATION.unpack(rest.raw)
    number = ctypes.c_int64(number_high << 32 | number_low).value
    return _entry(os.path.basename(path), attributes, (size_high << 32 | size_low, written, changed, created, number))  # noqa: PTH119


def _is_filled(handle: int, kind: int, buffer: "ctypes.Array[ctypes.c_char]") -> bool:
    """Say whether a buffer holds the next of what stands in a folder; raises OSError."""
    try:
        library("kernel32").GetFileInformationByHandleEx(handle, kind, buffer, _SIZE)
    except OSError as error:
        if code_of(error) in (_NO_MORE_FILES, _FILE_NOT_FOUND):
            return False
        raise
    return True


def _entry(name: str, attributes: int, facts: tuple[int, int, int, int, int]) -> Entry:
    """Return an entry; a folder that is a link counts as a file: none is followed."""
    is_folder = bool(attributes & _DIRECTORY) and not attributes & _REPARSE
    return Entry(name, is_folder, facts[-1] if is_folder else hash((*facts, attributes)))


def parse_entries(data: bytes) -> Iterator[Entry]:
    """Yield the entries of a buffer of FILE_ID_BOTH_DIR_INFO."""
    position = 0
    while position + _NAME <= len(data):
        step, _, created, _, written, changed, size, _, attributes, length, _ = _HEAD.unpack_from(data, position)
        (number,) = struct.unpack_from("<q", data, position + _NUMBER)
        start = position + _NAME
        name = data[start : start + length].decode("utf-16-le", "surrogatepass")
        if name not in (".", ".."):
            yield _entry(name, attributes, (size, written, changed, created, number))
        if not step:
            return
        position += step
