"""What stands in a folder, and the print by which a change of it is told."""

import os
import stat
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder. Links are what they are, not what they lead to."""

    name: str
    is_folder: bool
    mark: int  # differs when size, times or identity differ; of a folder: its identity alone


Lister = Callable[[str], Iterable[Entry]]  # raises OSError


def list_folder(folder: str) -> Iterable[Entry]:
    """Return what stands in a folder; raises OSError. What goes away meanwhile is left out."""
    if sys.platform == "win32":
        from iisight.watch.notice.windows_listing import list_by_handle

        return list_by_handle(folder)
    return _list(folder)


def identity(path: str) -> tuple[int, int, bool] | None:
    """Return device, number and whether it is a folder, of what a path leads to; None when nothing is there.

    Raises OSError when that cannot be said.
    """
    if sys.platform == "win32":
        from iisight.win32 import verbatim

        path = verbatim(path)
    try:
        found = os.stat(path)  # noqa: PTH116  called for every root, once a second
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino, stat.S_ISDIR(found.st_mode)


def look(path: str) -> Entry | None:
    """Return what is at a path, as a listing of its folder says it; None when nothing can be said."""
    name = os.path.basename(path)  # noqa: PTH119
    try:
        if sys.platform == "win32":
            from iisight.watch.notice.windows_listing import look_by_handle

            return look_by_handle(path)
        found = os.lstat(path)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
    is_folder = stat.S_ISDIR(found.st_mode)
    return Entry(name, is_folder, found.st_ino if is_folder else mark_of(found))


def mark_of(found: os.stat_result) -> int:
    """Return the print of a file: the change time and the number tell a replacement that keeps size and mtime."""
    return hash((found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode))


def _list(folder: str) -> Iterable[Entry]:
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                mark = entry.inode() if is_folder else mark_of(entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue
            yield Entry(entry.name, is_folder, mark)
