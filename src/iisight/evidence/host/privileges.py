"""The privileges of this process on Windows: switched on for what is to be read, or given up for good."""

import ctypes
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from iisight.win32 import closing, error_of, last_code, library

_ADJUST, _QUERY = 0x20, 0x8  # TOKEN_ADJUST_PRIVILEGES, TOKEN_QUERY
_TOKEN_PRIVILEGES = 3  # TokenPrivileges of TOKEN_INFORMATION_CLASS
_ENABLED, _REMOVED = 0x2, 0x4  # SE_PRIVILEGE_ENABLED, SE_PRIVILEGE_REMOVED
_MOST = 256  # privileges of one token; Windows knows 36
_MAX_NAME = 256


class _Privilege(ctypes.Structure):
    """LUID_AND_ATTRIBUTES (winnt.h)."""

    _fields_ = (("low", ctypes.c_uint32), ("high", ctypes.c_int32), ("attributes", ctypes.c_uint32))


class _Privileges(ctypes.Structure):
    """TOKEN_PRIVILEGES (winnt.h)."""

    _fields_ = (("count", ctypes.c_uint32), ("items", _Privilege * _MOST))


def enable(*names: str) -> tuple[str, ...]:
    """Switch privileges on that the account holds; return those it does not."""
    try:
        with _token() as token:
            return tuple(name for name in names if not _is_enabled(token, name))
    except OSError:
        return names


def remove(kept: Collection[str]) -> list[str]:
    """Remove all privileges but some, and return the names of what was removed. Raises OSError."""
    held, size, leave = _Privileges(), ctypes.c_uint32(), _Privileges()
    names: list[str] = []
    with _token() as token:
        ask = library("advapi32").GetTokenInformation
        ask(token, _TOKEN_PRIVILEGES, ctypes.byref(held), ctypes.sizeof(held), ctypes.byref(size))
        for item in held.items[: held.count]:
            name = _name(item)
            if name not in kept:
                leave.items[leave.count] = _Privilege(item.low, item.high, _REMOVED)
                leave.count += 1
                names.append(name)
        _adjust(token, leave)
    return sorted(names)


@contextmanager
def _token() -> Iterator[int]:
    token, ours = ctypes.c_void_p(), library("kernel32").GetCurrentProcess()
    library("advapi32").OpenProcessToken(ours, _ADJUST | _QUERY, ctypes.byref(token))
    with closing(token.value or 0) as handle:
        yield handle


def _is_enabled(token: int, name: str) -> bool:
    wanted = _Privileges(count=1)
    wanted.items[0].attributes = _ENABLED
    try:
        library("advapi32").LookupPrivilegeValueW(None, name, ctypes.byref(wanted.items[0]))
        _adjust(token, wanted)
    except OSError:
        return False
    return True


def _adjust(token: int, wanted: _Privileges) -> None:
    library("advapi32").AdjustTokenPrivileges(token, False, ctypes.byref(wanted), 0, None, None)
    if code := last_code():  # ERROR_NOT_ALL_ASSIGNED comes with success
        raise error_of(code)


def _name(privilege: _Privilege) -> str:
    buffer, size = ctypes.create_unicode_buffer(_MAX_NAME), ctypes.c_uint32(_MAX_NAME)
    try:
        library("advapi32").LookupPrivilegeNameW(None, ctypes.byref(privilege), buffer, ctypes.byref(size))
    except OSError:
        return f"{privilege.high:#x}:{privilege.low:#x}"
    return buffer.value
