"""Descriptors of a live Windows: `GetNamedSecurityInfoW` and its text form (aclapi.h, sddl.h).

The SACL is read when the process holds SeSecurityPrivilege and has it enabled; else it is not known.
"""

from collections.abc import Callable

from iisight.model.acl import Acl
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.acl import parse_sddl

_OWNER, _GROUP, _DACL, _SACL = 0x1, 0x2, 0x4, 0x8
_FILE_OBJECT, _REGISTRY_KEY = 1, 4
_REVISION = 1
_MAX_TEXT = 256 * 1024  # characters

Read = Callable[[str, int, int], str | None]
"""Return the SDDL of an object by name, type and parts wanted; None when it is not there or access is refused."""


class WindowsAcls:
    """Asks Windows; `read` is its function, given by tests in another way."""

    def __init__(self, read: Read | None = None) -> None:
        """Ask through `read`, or through the functions of Windows."""
        self._read = read or read_sddl

    def of(self, path: str) -> Acl | None:
        r"""Return the descriptor of a path, or of a key given as `HKLM\…`."""
        is_key = path.upper().startswith("HKLM\\")
        name, kind = (f"MACHINE\\{path[5:]}", _REGISTRY_KEY) if is_key else (path, _FILE_OBJECT)
        whole = self._read(name, kind, _OWNER | _GROUP | _DACL | _SACL)
        text = whole if whole is not None else self._read(name, kind, _OWNER | _GROUP | _DACL)
        if text is None:
            return None
        try:
            acl = parse_sddl(text, path, Locator(path))
        except ParseError:
            return None  # what Windows writes and iisight cannot read is not known
        audits = acl.audits if acl.audits is not None else () if whole is not None else None
        return Acl(acl.path, acl.owner, acl.aces, audits, acl.locator, acl.is_open, acl.doubts)


def read_sddl(name: str, kind: int, parts: int) -> str | None:
    """Return the SDDL of an object; None when Windows refuses, or is not there."""
    import ctypes

    from iisight.win32 import library

    descriptor, text, length = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint32()
    try:
        calls = library("advapi32")
        calls.GetNamedSecurityInfoW(name, kind, parts, None, None, None, None, ctypes.byref(descriptor))
        convert = calls.ConvertSecurityDescriptorToStringSecurityDescriptorW
        convert(descriptor, _REVISION, parts, ctypes.byref(text), ctypes.byref(length))
        return None if not text.value else ctypes.wstring_at(text.value, min(length.value, _MAX_TEXT)).rstrip("\0")
    except OSError:
        return None
    finally:
        for held in (text, descriptor):
            if held.value:
                library("kernel32").LocalFree(held)
