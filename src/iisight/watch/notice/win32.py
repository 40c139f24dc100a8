"""The few calls of Windows that noticing changes needs, with their types; elsewhere this imports and loads nothing."""

import ctypes
from functools import cache
from typing import Any

INVALID_HANDLE = ctypes.c_void_p(-1).value
FILE_LIST_DIRECTORY = 0x1
FILE_READ_ATTRIBUTES = 0x80
SHARE_ALL = 0x7  # FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE
OPEN_EXISTING = 3
BACKUP_SEMANTICS = 0x02000000  # a folder may be opened
OPEN_REPARSE_POINT = 0x00200000  # a link is opened itself
OVERLAPPED_IO = 0x40000000

_HANDLE = ctypes.c_void_p
_U32 = ctypes.c_uint32
_SIGNATURES: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("CreateFileW", _HANDLE, (ctypes.c_wchar_p, _U32, _U32, _HANDLE, _U32, _U32, _HANDLE)),
    ("CloseHandle", ctypes.c_int, (_HANDLE,)),
    ("CancelIoEx", ctypes.c_int, (_HANDLE, _HANDLE)),
    ("CreateIoCompletionPort", _HANDLE, (_HANDLE, _HANDLE, ctypes.c_size_t, _U32)),
    ("GetQueuedCompletionStatus", ctypes.c_int, (_HANDLE, _HANDLE, _HANDLE, _HANDLE, _U32)),
    ("PostQueuedCompletionStatus", ctypes.c_int, (_HANDLE, _U32, ctypes.c_size_t, _HANDLE)),
    (
        "ReadDirectoryChangesW",
        ctypes.c_int,
        (_HANDLE, _HANDLE, _U32, ctypes.c_int, _U32, _HANDLE, _HANDLE, _HANDLE),
    ),
    ("GetFileInformationByHandleEx", ctypes.c_int, (_HANDLE, ctypes.c_int, _HANDLE, _U32)),
    ("GetFileInformationByHandle", ctypes.c_int, (_HANDLE, _HANDLE)),
    ("GetLongPathNameW", _U32, (ctypes.c_wchar_p, ctypes.c_wchar_p, _U32)),
)


@cache
def kernel() -> Any:
    """Return kernel32 with the types of the calls above."""
    library = getattr(ctypes, "WinDLL")("kernel32", use_last_error=True)  # noqa: B009  the name exists on Windows alone
    for name, result, arguments in _SIGNATURES:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def last_error(number: int | None = None) -> OSError:
    """Return the last error of a call, or one by its number, as Python names it."""
    code: int = getattr(ctypes, "get_last_error")() if number is None else number  # noqa: B009
    error: OSError = getattr(ctypes, "WinError")(code)  # noqa: B009
    return error


def open_path(path: str, access: int = FILE_LIST_DIRECTORY, flags: int = 0) -> int:
    """Return a handle of a file or folder, which keeps nobody from anything. Raises OSError."""
    found: int | None = kernel().CreateFileW(
        path, access, SHARE_ALL, None, OPEN_EXISTING, BACKUP_SEMANTICS | flags, None
    )
    if found is None or found == INVALID_HANDLE:
        raise last_error()
    return found
