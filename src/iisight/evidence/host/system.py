"""What the Windows this runs on says of its processes and of this one's rights. Imports everywhere."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_void_p, wintypes

from iisight.evidence.host import native

_SNAP_PROCESS = 0x2  # TH32CS_SNAPPROCESS
_QUERY_LIMITED, _QUERY, _VM_READ = 0x1000, 0x400, 0x10
_COMMAND_LINE = 60  # ProcessCommandLineInformation, since Windows 8.1
_LIST_ALL = 3  # LIST_MODULES_ALL
_TOKEN_ADJUST, _TOKEN_QUERY = 0x20, 0x8
_ENABLED = 0x2  # SE_PRIVILEGE_ENABLED
_MAX_TEXT = 32_768
_MAX_LISTED = 32_768  # handles of modules asked for at once


class _ProcessEntry(ctypes.Structure):
    """PROCESSENTRY32W (tlhelp32.h)."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("usage", wintypes.DWORD),
        ("pid", wintypes.DWORD),
        ("heap", ctypes.c_size_t),
        ("module", wintypes.DWORD),
        ("threads", wintypes.DWORD),
        ("parent", wintypes.DWORD),
        ("priority", wintypes.LONG),
        ("flags", wintypes.DWORD),
        ("name", wintypes.WCHAR * 260),
    )


class _Privilege(ctypes.Structure):
    """TOKEN_PRIVILEGES with one privilege (winnt.h)."""

    _fields_ = (("count", wintypes.DWORD), ("luid", wintypes.DWORD * 2), ("attributes", wintypes.DWORD))


class WindowsProcesses:
    """The processes of this machine, asked through kernel32 and ntdll. A 32-bit Python sees 32-bit ones alone."""

    def __init__(self) -> None:
        """Declare what is called. Raises EvidenceError where there is no Windows."""
        self._kernel = native.library("kernel32")
        self._nt = native.library("ntdll")
        self._kernel.CreateToolhelp32Snapshot.restype = wintypes.HANDLE
        self._kernel.OpenProcess.restype = wintypes.HANDLE
        self._kernel.OpenProcess.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.DWORD]
        self._kernel.CloseHandle.argtypes = [wintypes.HANDLE]
        for name in ("Process32FirstW", "Process32NextW"):
            getattr(self._kernel, name).argtypes = [wintypes.HANDLE, c_void_p]
        self._kernel.QueryFullProcessImageNameW.argtypes = [wintypes.HANDLE, wintypes.DWORD, wintypes.LPWSTR, c_void_p]
        self._kernel.K32EnumProcessModulesEx.argtypes = [
            *(wintypes.HANDLE, c_void_p, wintypes.DWORD, c_void_p, wintypes.DWORD),
        ]
        self._kernel.K32GetModuleFileNameExW.argtypes = [
            *(wintypes.HANDLE, wintypes.HMODULE, wintypes.LPWSTR, wintypes.DWORD),
        ]
        self._nt.NtQueryInformationProcess.argtypes = [
            *(wintypes.HANDLE, ctypes.c_int, c_void_p, wintypes.ULONG, c_void_p),
        ]
        self._nt.NtQueryInformationProcess.restype = ctypes.c_uint32

    def running(self) -> Iterator[tuple[int, str]]:
        """Yield the ids and program names of what runs."""
        snapshot = self._kernel.CreateToolhelp32Snapshot(_SNAP_PROCESS, 0)
        if snapshot is None or snapshot == c_void_p(-1).value:
            raise native.last_error()
        try:
            entry = _ProcessEntry(size=ctypes.sizeof(_ProcessEntry))
            more = self._kernel.Process32FirstW(snapshot, ctypes.byref(entry))
            while more:
                yield entry.pid, entry.name
                more = self._kernel.Process32NextW(snapshot, ctypes.byref(entry))
        finally:
            self._kernel.CloseHandle(snapshot)

    def image(self, pid: int) -> str:
        """Return the path of a process's program."""
        buffer, size = ctypes.create_unicode_buffer(_MAX_TEXT), wintypes.DWORD(_MAX_TEXT)
        with self._opened(pid, _QUERY_LIMITED) as handle:
            if not self._kernel.QueryFullProcessImageNameW(handle, 0, buffer, ctypes.byref(size)):
                raise native.last_error()
        return buffer.value

    def command_line(self, pid: int) -> str:
        """Return the command line of a process."""
        buffer, used = ctypes.create_string_buffer(2 * _MAX_TEXT + 64), wintypes.ULONG()
        with self._opened(pid, _QUERY_LIMITED) as handle:
            ask = self._nt.NtQueryInformationProcess
            status = ask(handle, _COMMAND_LINE, buffer, len(buffer), ctypes.byref(used))
        if status != 0:
            raise OSError(f"status {status:#010x}")
        return to_text(buffer.raw, ctypes.sizeof(c_void_p))

    def modules(self, pid: int) -> Iterator[str]:
        """Yield the paths of what a process has loaded, of either bitness."""
        with self._opened(pid, _QUERY | _VM_READ) as handle:
            listed, needed = (wintypes.HMODULE * _MAX_LISTED)(), wintypes.DWORD()
            enumerate_modules = self._kernel.K32EnumProcessModulesEx
            if not enumerate_modules(handle, listed, ctypes.sizeof(listed), ctypes.byref(needed), _LIST_ALL):
                raise native.last_error()
            count = needed.value // ctypes.sizeof(wintypes.HMODULE)
            if count > _MAX_LISTED:
                raise OSError(f"{count} modules: more than are listed")
            buffer = ctypes.create_unicode_buffer(_MAX_TEXT)
            for module in listed[:count]:
                if self._kernel.K32GetModuleFileNameExW(handle, module, buffer, _MAX_TEXT):
                    yield buffer.value

    @contextmanager
    def _opened(self, pid: int, access: int) -> Iterator[int]:
        handle = self._kernel.OpenProcess(access, False, pid)
        if not handle:
            raise native.last_error()
        try:
            yield handle
        finally:
            self._kernel.CloseHandle(handle)


def to_text(buffer: bytes, pointer: int) -> str:
    """Return the text of a UNICODE_STRING whose characters follow it; `pointer` is the size of an address, in bytes."""
    length = int.from_bytes(buffer[:2], "little")  # bytes
    return buffer[2 * pointer : 2 * pointer + length].decode("utf-16-le", "replace")


def is_administrator() -> bool:
    """Tell whether this process has an administrator's rights."""
    return bool(native.library("shell32").IsUserAnAdmin())


def enable(*privileges: str) -> tuple[str, ...]:
    """Switch privileges of this process on that its account holds; return those it does not."""
    advapi, kernel = native.library("advapi32"), native.library("kernel32")
    advapi.OpenProcessToken.argtypes = [wintypes.HANDLE, wintypes.DWORD, c_void_p]
    advapi.LookupPrivilegeValueW.argtypes = [wintypes.LPCWSTR, wintypes.LPCWSTR, c_void_p]
    advapi.AdjustTokenPrivileges.argtypes = [
        *(wintypes.HANDLE, wintypes.BOOL, c_void_p, wintypes.DWORD, c_void_p, c_void_p),
    ]
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    kernel.CloseHandle.argtypes = [wintypes.HANDLE]
    token = wintypes.HANDLE()
    if not advapi.OpenProcessToken(kernel.GetCurrentProcess(), _TOKEN_ADJUST | _TOKEN_QUERY, ctypes.byref(token)):
        return privileges
    try:
        return tuple(name for name in privileges if not _is_enabled(advapi, token, name))
    finally:
        kernel.CloseHandle(token)


def _is_enabled(advapi: ctypes.CDLL, token: wintypes.HANDLE, name: str) -> bool:
    wanted = _Privilege(count=1, attributes=_ENABLED)
    if not advapi.LookupPrivilegeValueW(None, name, ctypes.byref(wanted, _Privilege.luid.offset)):
        return False
    done = advapi.AdjustTokenPrivileges(token, False, ctypes.byref(wanted), 0, None, None)
    return bool(done) and not getattr(native.last_error(), "winerror", 0)  # ERROR_NOT_ALL_ASSIGNED
