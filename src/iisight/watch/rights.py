"""Gives up the rights that a watch does not need, for good."""

import ctypes
import os
import sys

from iisight.evidence.host import privileges

# Walking to files below folders that may not be listed; the security log; files whatever their ACL says.
KEPT_ON_WINDOWS = frozenset({"SeChangeNotifyPrivilege", "SeSecurityPrivilege", "SeBackupPrivilege"})

_NO_NEW_PRIVS = 38  # PR_SET_NO_NEW_PRIVS, prctl(2)
_UMASK = 0o077  # what the watch writes concerns nobody else


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
        try:
            return privileges.remove(KEPT_ON_WINDOWS)
        except OSError as error:
            raise RightsError(f"privileges cannot be given up: {error}") from error
    os.umask(_UMASK)
    if sys.platform != "linux":
        return []
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise RightsError(f"new privileges cannot be given up: {os.strerror(ctypes.get_errno())}")
    return ["new privileges"]


def _can_be_root() -> bool:
    if sys.platform == "win32":
        return False
    try:
        os.setuid(0)
    except PermissionError:
        return False
    return True
