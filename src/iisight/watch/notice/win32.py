"""The few calls of Windows that noticing changes needs, with their types; elsewhere this imports and loads nothing."""

import ctypes
from typing import Any

from iisight.watch.win32 import HANDLE, U32, Signature, last_error, load

INVALID_HANDLE = ctypes.c_void_p(-1).value
FILE_LIST_DIRECTORY = 0x1
FILE_READ_ATTRIBUTES = 0x80
SHARE_ALL = 0x7  # FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE
OPEN_EXISTING = 3
BACKUP_SEMANTICS = 0x02000000  # a folder may be opened
OPEN_REPARSE_POINT = 0x00200000  # a link is opened itself
OVERLAPPED_IO = 0x40000000

_SIGNATURES: tuple[Signature, ...] = (
    ("CreateFileW", HANDLE, (ctypes.c_wchar_p, U32, U32, HANDLE, U32, U32, HANDLE)),
    ("CloseHandle", ctypes.c_int, (HANDLE,)),
    ("CancelIoEx", ctypes.c_int, (HANDLE, HANDLE)),
    ("CreateIoCompletionPort", HANDLE, (HANDLE, HANDLE, ctypes.c_size_t, U32)),
    ("GetQueuedCompletionStatus", ctypes.c_int, (HANDLE, HANDLE, HANDLE, HANDLE, U32)),
    ("PostQueuedCompletionStatus", ctypes.c_int, (HANDLE, U32, ctypes.c_size_t, HANDLE)),
    (
        "ReadDirectoryChangesW",
        ctypes.c_int,
        (HANDLE, HANDLE, U32, ctypes.c_int, U32, HANDLE, HANDLE, HANDLE),
    ),
    ("GetFileInformationByHandleEx", ctypes.c_int, (HANDLE, ctypes.c_int, HANDLE, U32)),
    ("GetFileInformationByHandle", ctypes.c_int, (HANDLE, HANDLE)),
    ("GetLongPathNameW", U32, (ctypes.c_wchar_p, ctypes.c_wchar_p, U32)),
)


def kernel() -> Any:
    """Return kernel32 with the types of the calls above."""
    return load("kernel32", _SIGNATURES)


def open_path(path: str, access: int = FILE_LIST_DIRECTORY, flags: int = 0) -> int:
    """Return a handle of a file or folder, which keeps nobody from anything. Raises OSError."""
    found: int | None = kernel().CreateFileW(
        path, access, SHARE_ALL, None, OPEN_EXISTING, BACKUP_SEMANTICS | flags, None
    )
    if found is None or found == INVALID_HANDLE:
        raise last_error()
    return found
