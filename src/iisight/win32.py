"""Windows by its DLLs: each function that is called, with its types and with what of its answers is a failure.

Nothing else loads a DLL. A failure is an OSError with `winerror`. This imports everywhere; where there is no Windows,
`library` raises OSError.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ctypes import c_int, c_size_t, c_uint16, c_uint32, c_void_p, c_wchar_p
from dataclasses import dataclass
from functools import cache
from typing import Any

GENERIC_READ = 0x80000000
SHARE_ALL = 0x7  # FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE
BACKUP_SEMANTICS = 0x02000000  # FILE_FLAG_BACKUP_SEMANTICS: a folder may be opened
OPEN_REPARSE_POINT = 0x00200000  # FILE_FLAG_OPEN_REPARSE_POINT: a link is opened itself
DRIVE_REMOTE = 4  # of GetDriveTypeW
MAX_PATH = 32_768  # characters of the longest path

_OPEN_EXISTING = 3
_INVALID_HANDLE = c_void_p(-1).value
_NO_WINDOWS = "this is no Windows"
_NO_REASON = "Windows refused and did not say why"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a function returns, and which of it is a failure, whose error Windows keeps for the thread."""

    type: Any
    is_failure: Callable[[Any], bool]
    is_error: bool = False  # the answer is the error itself


DONE = _Answer(c_int, lambda done: not done)  # BOOL
OBJECT = _Answer(c_void_p, lambda handle: not handle)
_FILE = _Answer(c_void_p, lambda handle: handle in (None, _INVALID_HANDLE))
_ERROR = _Answer(c_uint32, bool, is_error=True)  # 0 is success
_NUMBER = _Answer(c_uint32, lambda number: False)  # the caller judges it; of what is let go of, nobody
_POINTER = _Answer(c_void_p, lambda pointer: False)

_HANDLE = _AT = c_void_p  # _AT: a buffer or a structure, which may be None
_TEXT, _U16, _U32 = c_wchar_p, c_uint16, c_uint32

Call = tuple[_Answer, *tuple[Any, ...]]  # what it answers, then the types of its arguments

_LIBRARIES: Mapping[str, Mapping[str, Call]] = {
    "kernel32": {
        "CloseHandle": (_NUMBER, _HANDLE),
        "LocalFree": (_POINTER, _AT),
        # Files
        "CreateFileW": (_FILE, _TEXT, _U32, _U32, _AT, _U32, _U32, _HANDLE),
        "GetFileInformationByHandle": (DONE, _HANDLE, _AT),
        "GetFileInformationByHandleEx": (DONE, _HANDLE, c_int, _AT, _U32),
        "GetFinalPathNameByHandleW": (_NUMBER, _HANDLE, _TEXT, _U32, _U32),
        "GetLongPathNameW": (_NUMBER, _TEXT, _TEXT, _U32),
        "GetDriveTypeW": (_NUMBER, _TEXT),
        # Changes of folders
        "CreateIoCompletionPort": (OBJECT, _HANDLE, _HANDLE, c_size_t, _U32),
        "GetQueuedCompletionStatus": (DONE, _HANDLE, _AT, _AT, _AT, _U32),
        "PostQueuedCompletionStatus": (DONE, _HANDLE, _U32, c_size_t, _AT),
        "ReadDirectoryChangesW": (DONE, _HANDLE, _AT, _U32, c_int, _U32, _AT, _AT, _AT),
        # Processes
        "GetCurrentProcess": (_POINTER,),
        "OpenProcess": (OBJECT, _U32, c_int, _U32),
        "CreateToolhelp32Snapshot": (_FILE, _U32, _U32),
        "Process32FirstW": (DONE, _HANDLE, _AT),
        "Process32NextW": (DONE, _HANDLE, _AT),
        "QueryFullProcessImageNameW": (DONE, _HANDLE, _U32, _TEXT, _AT),
        "K32EnumProcessModulesEx": (DONE, _HANDLE, _AT, _U32, _AT, _U32),
        "K32GetModuleFileNameExW": (_NUMBER, _HANDLE, _HANDLE, _TEXT, _U32),
        "CreateJobObjectW": (OBJECT, _AT, _TEXT),
        "SetInformationJobObject": (DONE, _HANDLE, c_int, _AT, _U32),
        "AssignProcessToJobObject": (DONE, _HANDLE, _HANDLE),
        "CreateEventW": (OBJECT, _AT, c_int, c_int, _TEXT),
    },
    "ntdll": {"NtQueryInformationProcess": (_NUMBER, _HANDLE, c_int, _AT, _U32, _AT)},
    "shell32": {"IsUserAnAdmin": (_NUMBER,)},
    "advapi32": {
        # Privileges
        "OpenProcessToken": (DONE, _HANDLE, _U32, _AT),
        "GetTokenInformation": (DONE, _HANDLE, c_int, _AT, _U32, _AT),
        "LookupPrivilegeValueW": (DONE, _TEXT, _TEXT, _AT),
        "LookupPrivilegeNameW": (DONE, _TEXT, _AT, _TEXT, _AT),
        "AdjustTokenPrivileges": (DONE, _HANDLE, c_int, _AT, _U32, _AT, _AT),
        # Access lists
        "GetNamedSecurityInfoW": (_ERROR, _TEXT, c_int, _U32, _AT, _AT, _AT, _AT, _AT),
        "ConvertSecurityDescriptorToStringSecurityDescriptorW": (DONE, _AT, _U32, _U32, _AT, _AT),
        # Services
        "StartServiceCtrlDispatcherW": (DONE, _AT),
        "RegisterServiceCtrlHandlerExW": (OBJECT, _TEXT, _AT, _AT),
        "SetServiceStatus": (DONE, _HANDLE, _AT),
        # Writing events
        "RegisterEventSourceW": (OBJECT, _TEXT, _TEXT),
        "ReportEventW": (DONE, _HANDLE, _U16, _U16, _U32, _AT, _U16, _U32, _AT, _AT),
        "DeregisterEventSource": (_NUMBER, _HANDLE),
    },
    "wevtapi": {
        "EvtOpenChannelEnum": (OBJECT, _HANDLE, _U32),
        "EvtNextChannelPath": (DONE, _HANDLE, _U32, _TEXT, _AT),
        "EvtOpenChannelConfig": (OBJECT, _HANDLE, _TEXT, _U32),
        "EvtGetChannelConfigProperty": (DONE, _HANDLE, _U32, _U32, _U32, _AT, _AT),
        "EvtQuery": (OBJECT, _HANDLE, _TEXT, _TEXT, _U32),
        "EvtSubscribe": (OBJECT, _HANDLE, _HANDLE, _TEXT, _TEXT, _HANDLE, _AT, _AT, _U32),
        "EvtNext": (DONE, _HANDLE, _U32, _AT, _U32, _U32, _AT),
        "EvtRender": (DONE, _HANDLE, _HANDLE, _U32, _U32, _AT, _AT, _AT),
        "EvtCreateBookmark": (OBJECT, _TEXT),
        "EvtUpdateBookmark": (DONE, _HANDLE, _HANDLE),
        "EvtClose": (_NUMBER, _HANDLE),
    },
}


@cache
def library(name: str) -> Any:
    """Return a DLL with the functions above. Raises OSError."""
    return bind(name, _LIBRARIES[name])


def bind(name: str, calls: Mapping[str, Call]) -> Any:
    """Return a DLL with functions, each of which raises OSError when it fails. Raises OSError."""
    loaded = _load(name)
    for call, (answer, *arguments) in calls.items():
        function = getattr(loaded, call)
        function.restype, function.argtypes, function.errcheck = answer.type, arguments, _check(answer)
    return loaded


def open_path(path: str, access: int, flags: int = 0) -> int:
    """Return a handle of a file or folder that is there, which keeps nobody from anything. Raises OSError."""
    create = library("kernel32").CreateFileW
    handle: int = create(verbatim(path), access, SHARE_ALL, None, _OPEN_EXISTING, flags, None)
    return handle


def verbatim(path: str) -> str:
    r"""Return an absolute path with `\\?\`: of any length, and no name in it means another (`x.`, `NUL`).

    It must hold no `/` and no `..`, which Windows takes literally then. A relative path is returned as it is.
    """
    if path.startswith(("\\\\?\\", "\\\\.\\")):
        return path
    if path.startswith("\\\\"):
        return f"\\\\?\\UNC{path[1:]}"
    return f"\\\\?\\{path}" if path[1:3] == ":\\" else path


def long_path(path: str) -> str:
    """Return a path with its 8.3 parts written out, no link followed; empty when Windows does not say."""
    buffer = ctypes.create_unicode_buffer(MAX_PATH)
    size = library("kernel32").GetLongPathNameW(path, buffer, MAX_PATH)
    return buffer.value if 0 < size < MAX_PATH else ""


@contextmanager
def closing(handle: int) -> Iterator[int]:
    """Close a handle of the kernel in the end."""
    try:
        yield handle
    finally:
        library("kernel32").CloseHandle(handle)


def code_of(error: OSError) -> int:
    """Return the number that Windows gave an error; 0 when it is none of Windows."""
    return getattr(error, "winerror", None) or 0


def _check(answer: _Answer) -> Callable[[Any, Any, Any], Any]:
    """Return what ctypes calls with each answer of a function."""

    def check(given: Any, function: Any, arguments: Any) -> Any:
        if answer.is_failure(given):
            raise error_of(given if answer.is_error else last_code())
        return given

    return check


if sys.platform == "win32":

    def last_code() -> int:
        """Return the error that the last call of this thread left, which may have succeeded all the same."""
        return ctypes.get_last_error()

    def error_of(code: int) -> OSError:
        """Return an error of Windows by its number."""
        return ctypes.WinError(code) if code else ctypes.WinError(code, _NO_REASON)

    def callback(answer: Any, *arguments: Any) -> Any:
        """Return the type of functions of ours that Windows calls."""
        return ctypes.WINFUNCTYPE(answer, *arguments)

    def to_descriptor(handle: int) -> int:
        """Return a descriptor for reading in place of a handle, which is closed with it or at once. Raises OSError."""
        import msvcrt

        try:
            return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)
        except OSError:
            library("kernel32").CloseHandle(handle)
            raise

    def _load(name: str) -> Any:
        return ctypes.WinDLL(name, use_last_error=True)

else:

    def last_code() -> int:
        """Return 0."""
        return 0

    def error_of(code: int) -> OSError:
        """Return an error that says that there is no Windows."""
        return OSError(_NO_WINDOWS)

    def callback(answer: Any, *arguments: Any) -> Any:
        """Return the type of functions that are called as those of C are."""
        return ctypes.CFUNCTYPE(answer, *arguments)

    def to_descriptor(handle: int) -> int:
        """Raise OSError."""
        raise OSError(_NO_WINDOWS)

    def _load(name: str) -> Any:
        raise OSError(_NO_WINDOWS)
