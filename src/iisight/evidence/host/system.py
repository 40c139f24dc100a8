"""What the Windows this runs on says of its processes and of this one's account. Imports everywhere."""

import ctypes
from collections.abc import Iterator

from iisight.win32 import MAX_PATH, closing, code_of, library

_SNAP_PROCESS = 0x2  # TH32CS_SNAPPROCESS
_NO_MORE_FILES = 18  # ERROR_NO_MORE_FILES
_QUERY_LIMITED, _QUERY, _VM_READ = 0x1000, 0x400, 0x10
_COMMAND_LINE = 60  # ProcessCommandLineInformation, since Windows 8.1
_LIST_ALL = 3  # LIST_MODULES_ALL
_MAX_TEXT = 32_768
_MAX_LISTED = 32_768  # handles of modules asked for at once


class _ProcessEntry(ctypes.Structure):
    """PROCESSENTRY32W (tlhelp32.h)."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("usage", ctypes.c_uint32),
        ("pid", ctypes.c_uint32),
        ("heap", ctypes.c_size_t),
        ("module", ctypes.c_uint32),
        ("threads", ctypes.c_uint32),
        ("parent", ctypes.c_uint32),
        ("priority", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
        ("name", ctypes.c_wchar * 260),
    )


class WindowsProcesses:
    """The processes of this machine, asked through kernel32 and ntdll. A 32-bit Python sees 32-bit ones alone."""

    def __init__(self) -> None:
        """Load what is called. Raises OSError where there is no Windows."""
        self._kernel = library("kernel32")
        self._nt = library("ntdll")

    def running(self) -> Iterator[tuple[int, str]]:
        """Yield the ids and program names of what runs."""
        with closing(self._kernel.CreateToolhelp32Snapshot(_SNAP_PROCESS, 0)) as snapshot:
            entry = _ProcessEntry(size=ctypes.sizeof(_ProcessEntry))
            ask = self._kernel.Process32FirstW
            try:
                while ask(snapshot, ctypes.byref(entry)):
                    yield entry.pid, entry.name
                    ask = self._kernel.Process32NextW
            except OSError as error:
                if code_of(error) != _NO_MORE_FILES:
                    raise

    def image(self, pid: int) -> str:
        """Return the path of a process's program."""
        buffer, size = ctypes.create_unicode_buffer(MAX_PATH), ctypes.c_uint32(MAX_PATH)
        with closing(self._kernel.OpenProcess(_QUERY_LIMITED, False, pid)) as handle:
            self._kernel.QueryFullProcessImageNameW(handle, 0, buffer, ctypes.byref(size))
        return buffer.value

    def command_line(self, pid: int) -> str:
        """Return the command line of a process."""
        buffer, used = ctypes.create_string_buffer(2 * _MAX_TEXT + 64), ctypes.c_uint32()
        with closing(self._kernel.OpenProcess(_QUERY_LIMITED, False, pid)) as handle:
            ask = self._nt.NtQueryInformationProcess
            status = ask(handle, _COMMAND_LINE, buffer, len(buffer), ctypes.byref(used))
        if status != 0:
            raise OSError(f"status {status:#010x}")
        return to_text(buffer.raw, ctypes.sizeof(ctypes.c_void_p))

    def modules(self, pid: int) -> Iterator[str]:
        """Yield the paths of what a process has loaded, of either bitness."""
        listed, needed = (ctypes.c_void_p * _MAX_LISTED)(), ctypes.c_uint32()
        with closing(self._kernel.OpenProcess(_QUERY | _VM_READ, False, pid)) as handle:
            ask = self._kernel.K32EnumProcessModulesEx
            ask(handle, listed, ctypes.sizeof(listed), ctypes.byref(needed), _LIST_ALL)
            count = needed.value // ctypes.sizeof(ctypes.c_void_p)
            if count > _MAX_LISTED:
                raise OSError(f"{count} modules: more than are listed")
            buffer = ctypes.create_unicode_buffer(MAX_PATH)
            for module in listed[:count]:
                if self._kernel.K32GetModuleFileNameExW(handle, module, buffer, MAX_PATH):
                    yield buffer.value


def to_text(buffer: bytes, pointer: int) -> str:
    """Return the text of a UNICODE_STRING whose characters follow it; `pointer` is the size of an address, in bytes."""
    length = int.from_bytes(buffer[:2], "little")  # bytes
    return buffer[2 * pointer : 2 * pointer + length].decode("utf-16-le", "replace")


def is_administrator() -> bool:
    """Tell whether this process has an administrator's rights. Raises OSError where there is no Windows."""
    return bool(library("shell32").IsUserAnAdmin())
