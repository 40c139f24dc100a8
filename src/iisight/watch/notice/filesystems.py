"""Which paths lie where changes may be made that the system does not tell."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from iisight.tables import rows
from iisight.watch.notice.gathering import above_all

_MOUNTS = Path("/proc/self/mounts")


Untold = Callable[[Path], str]  # why changes at a path may go untold; empty when the system tells them all


def untold_here() -> Untold:
    """Return what says of a path whether the system tells all changes there, by the drives that are mounted now."""
    if sys.platform == "win32":
        return _untold_by_windows
    try:
        mounts = parse_mounts(_MOUNTS.read_text("utf-8", "surrogateescape"))
    except OSError:  # not Linux
        return lambda path: ""
    return lambda path: untold_by_mounts(str(path), mounts)


def parse_mounts(text: str) -> dict[str, str]:
    """Return the type of what is mounted at each place, by the text of `/proc/mounts`."""
    fields = (line.split(" ") for line in text.splitlines())
    return {_unescape(line[1]): line[2] for line in fields if len(line) >= 3}  # of two at one place the later is on top


def untold_by_mounts(path: str, mounts: Mapping[str, str]) -> str:
    """Say why changes at an absolute path may go untold. The path is not asked for: a dead share would not answer."""
    place = next((folder for folder in (path, *above_all(path)) if folder in mounts), "")
    kind = mounts.get(place, "")
    kinds = {row["type"]: row["why"] for row in rows("iisight.watch.notice", "filesystems")}
    return kinds.get(kind) or kinds.get(kind.partition(".")[0], "")


def _unescape(field: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field


def _untold_by_windows(path: Path) -> str:
    from iisight.win32 import DRIVE_REMOTE, library

    drive = path.drive
    if drive.startswith("\\\\") and not drive.startswith(("\\\\?\\", "\\\\.\\")):
        return "a network share"
    kind = library("kernel32").GetDriveTypeW(f"{drive}\\")
    return "a network drive" if kind == DRIVE_REMOTE else ""
