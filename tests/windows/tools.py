"""What several of these tests need of Windows."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from pathlib import Path

from iisight.evidence.host import native

_OPEN_EXISTING = 3
_READ, _WRITE = 0x80000000, 0x40000000


@contextmanager
def opened(path: Path, *, writes: bool, shares: int) -> Iterator[int]:
    """Hold a file open as another program would, with the sharing it grants (1 read, 2 write, 4 delete)."""
    kernel = native.library("kernel32")
    kernel.CreateFileW.restype = wintypes.HANDLE
    kernel.CloseHandle.argtypes = [wintypes.HANDLE]
    access = _READ | (_WRITE if writes else 0)
    handle = kernel.CreateFileW(str(path), access, shares, None, _OPEN_EXISTING, 0, None)
    assert handle not in (None, ctypes.c_void_p(-1).value), native.last_error()
    try:
        yield handle
    finally:
        kernel.CloseHandle(handle)
