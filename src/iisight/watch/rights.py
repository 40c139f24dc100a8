"""Gives up the rights that a watch does not need, for good."""

import ctypes
import os
import sys
from collections.abc import Collection

from iisight.watch.win32 import HANDLE, TEXT, U32, Signature, last_error, load

# Walking to files below folders that may not be listed; the security log; files whatever their ACL says.
KEPT_ON_WINDOWS = frozenset({"SeChangeNotifyPrivilege", "SeSecurityPrivilege", "SeBackupPrivilege"})

_NO_NEW_PRIVS = 38  # PR_SET_NO_NEW_PRIVS, prctl(2)
_UMASK = 0o077  # what the watch writes concerns nobody else

_QUERY_AND_ADJUST = 0x8 | 0x20
_TOKEN_PRIVILEGES = 3  # TokenPrivileges of TOKEN_INFORMATION_CLASS
_REMOVED = 0x4  # SE_PRIVILEGE_REMOVED
_MOST = 256  # privileges of one token; Windows knows 36
_CALLS: tuple[Signature, ...] = (
    ("OpenProcessToken", ctypes.c_int, (HANDLE, U32, HANDLE)),
    ("GetTokenInformation", ctypes.c_int, (HANDLE, ctypes.c_int, HANDLE, U32, HANDLE)),
    ("LookupPrivilegeNameW", ctypes.c_int, (TEXT, HANDLE, HANDLE, HANDLE)),
    ("AdjustTokenPrivileges", ctypes.c_int, (HANDLE, ctypes.c_int, HANDLE, U32, HANDLE, HANDLE)),
)
_KERNEL: tuple[Signature, ...] = (
    ("GetCurrentProcess", HANDLE, ()),
    ("CloseHandle", ctypes.c_int, (HANDLE,)),
)


class RightsError(Exception):
    """Rights that were to be given up could not be."""


def become(user: str) -> None:
    """Become a user for good, with the groups that are his (Linux, as root). Raises RightsError."""
    if sys.platform == "win32":
        raise RightsError("a service of Windows runs as the account that it was installed with: see packaging/windows")
    import pwd

    try:
        entry = pwd.getpwnam(user)
    except KeyError as error:
        raise RightsError(f"there is no user {user}") from error
    if entry.pw_uid == 0:
        raise RightsError(f"{user} has the number 0 and is root by another name")
    try:
        os.setgroups(os.getgrouplist(user, entry.pw_gid))
        os.setgid(entry.pw_gid)  # of root these set the real, the effective and the saved one
        os.setuid(entry.pw_uid)
    except OSError as error:
        raise RightsError(f"this process may not become {user}: {error.strerror}") from error
    if os.getuid() == 0 or os.geteuid() == 0 or _can_be_root():
        raise RightsError(f"this process became {user} and can still be root")


def give_up() -> list[str]:
    """Give up what the system lets a process give up, and return what that was. Raises RightsError."""
    if sys.platform == "win32":
        return remove_privileges(KEPT_ON_WINDOWS)
    os.umask(_UMASK)
    if sys.platform != "linux":
        return []
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise RightsError(f"new privileges cannot be given up: {os.strerror(ctypes.get_errno())}")
    return ["new privileges"]


def remove_privileges(kept: Collection[str]) -> list[str]:
    """Remove all privileges of this process but some, and return their names (Windows). Raises RightsError."""
    library, kernel = load("advapi32", _CALLS), load("kernel32", _KERNEL)
    token = ctypes.c_void_p()
    if not library.OpenProcessToken(kernel.GetCurrentProcess(), _QUERY_AND_ADJUST, ctypes.byref(token)):
        raise RightsError(f"the token of this process cannot be opened: {last_error()}")
    try:
        return _remove(token, kept)
    finally:
        kernel.CloseHandle(token)


class _Privilege(ctypes.Structure):
    """LUID_AND_ATTRIBUTES."""

    _pack_ = 4
    _fields_ = (("number", ctypes.c_uint64), ("attributes", ctypes.c_uint32))


class _Privileges(ctypes.Structure):
    """TOKEN_PRIVILEGES."""

    _pack_ = 4
    _fields_ = (("count", ctypes.c_uint32), ("items", _Privilege * _MOST))


def _remove(token: ctypes.c_void_p, kept: Collection[str]) -> list[str]:
    calls = load("advapi32", _CALLS)
    held, size = _Privileges(), ctypes.c_uint32()
    if not calls.GetTokenInformation(
        token, _TOKEN_PRIVILEGES, ctypes.byref(held), ctypes.sizeof(held), ctypes.byref(size)
    ):
        raise RightsError(f"the privileges of this process cannot be read: {last_error()}")
    names = []
    leave = _Privileges()
    for index in range(min(held.count, _MOST)):
        name = _name(held.items[index].number)
        if name not in kept:
            leave.items[leave.count] = _Privilege(held.items[index].number, _REMOVED)
            leave.count += 1
            names.append(name)
    done = calls.AdjustTokenPrivileges(token, False, ctypes.byref(leave), 0, None, None)
    error = last_error()
    if not done or error.winerror:  # type: ignore[attr-defined]  # ERROR_NOT_ALL_ASSIGNED comes with success
        raise RightsError(f"privileges cannot be given up: {error}")
    return sorted(names)


def _name(number: int) -> str:
    luid, buffer, size = ctypes.c_uint64(number), ctypes.create_unicode_buffer(256), ctypes.c_uint32(256)
    found = load("advapi32", _CALLS).LookupPrivilegeNameW(None, ctypes.byref(luid), buffer, ctypes.byref(size))
    return buffer.value if found else f"{number:#x}"


def _can_be_root() -> bool:
    if sys.platform == "win32":
        return False
    try:
        os.setuid(0)
    except PermissionError:
        return False
    return True
