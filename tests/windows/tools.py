"""What several of these tests need of Windows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iisight.win32 import GENERIC_READ, closing, library

_OPEN_EXISTING = 3
_GENERIC_WRITE = 0x40000000


@contextmanager
def opened(path: Path, *, writes: bool, shares: int) -> Iterator[int]:
    """Hold a file open as another program would, with the sharing it grants (1 read, 2 write, 4 delete)."""
    access = GENERIC_READ | (_GENERIC_WRITE if writes else 0)
    create = library("kernel32").CreateFileW
    with closing(create(str(path), access, shares, None, _OPEN_EXISTING, 0, None)) as handle:
        yield handle
