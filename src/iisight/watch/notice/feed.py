"""The seam to what a system tells of changes: inotify, ReadDirectoryChangesW, or nothing."""

import sys
import threading
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Heard:
    """What a system told in one go. Paths are of this computer, as text."""

    paths: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)  # folders that came: what is in them was told by nobody
    lost: set[str] = field(default_factory=set)  # folders given to `follow` of which nothing is told any more
    overflow: set[str] = field(default_factory=set)  # folders given to `follow`, of which something was not told


@dataclass(frozen=True, slots=True)
class Trouble:
    """A folder that is not followed, and why."""

    folder: str
    reason: str
    full: bool = False  # the system has no room for more: what is below is not followed either


class Feed(Protocol):
    """Tells of changes below folders. `read` is called by one thread, the others by any."""

    def follow(self, folder: str, deep: bool) -> list[Trouble]:
        """Begin to tell of a folder, `deep`: and all below it; again: find what became unfollowed. Raises OSError."""

    def forget(self, folder: str) -> None:
        """Stop telling of a folder given to `follow`."""

    def read(self, seconds: float) -> Heard:
        """Return what was told; wait so long for the first of it, or until `wake`."""

    def wake(self) -> None:
        """Let `read` return."""

    def close(self) -> None:
        """Give everything back; nobody may be in `read`."""


class NoFeed:
    """A system that tells nothing."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def follow(self, folder: str, deep: bool) -> list[Trouble]:
        """Say that nothing is told."""
        return [Trouble(folder, "this system tells of no changes", full=True)]

    def forget(self, folder: str) -> None:
        """Do nothing."""

    def read(self, seconds: float) -> Heard:
        """Wait, and have nothing to tell."""
        self._woken.wait(seconds)
        return Heard()

    def wake(self) -> None:
        """Let `read` return."""
        self._woken.set()

    def close(self) -> None:
        """Do nothing."""


def system_feed() -> Feed:
    """Return what this system has. Raises OSError when there is no room for it."""
    system = sys.platform
    if system == "win32":
        from iisight.watch.notice.directories import Directories

        return Directories()
    if system == "linux":
        from iisight.watch.notice.inotify import Inotify

        return Inotify()
    return NoFeed()
