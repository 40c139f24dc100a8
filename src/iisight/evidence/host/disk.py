"""The seam behind which the drives of a live machine are read: a real Windows, or one in memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

_SHARING, _LOCKED, _DENIED = 32, 33, 5  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_ACCESS_DENIED
DENIED = "access denied"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder as its folder lists it."""

    name: str
    is_folder: bool
    size: int = 0  # bytes
    modified: datetime | None = None  # aware, UTC
    is_link: bool = False  # a symbolic link or junction: it stands for something elsewhere


class Disk(Protocol):
    r"""Drives by Windows path. Paths are absolute and plain (`C:\x\y`); methods raise OSError, `open` EvidenceError."""

    def look(self, path: str) -> Entry | None:
        """Return what is at a path, links as links; None when nothing is there."""
        ...

    def entries(self, folder: str) -> Iterable[Entry]:
        """Return what a folder holds."""
        ...

    def target(self, path: str) -> str:
        """Return the path that a link leads to, as it is written in the link."""
        ...

    def is_remote(self, path: str) -> bool:
        """Tell whether a path is on another computer."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Return a file to be read forwards, whoever else has it open; no part of its path may be a link."""
        ...


def why(error: OSError) -> str:
    """Return the reason of an error in few words, so that alike ones fold."""
    code = getattr(error, "winerror", None)
    if isinstance(error, PermissionError) and code in {None, _DENIED}:
        return DENIED
    if code in {_SHARING, _LOCKED}:
        return "in use by a process that lets nobody else read it"
    return error.strerror or str(error)
