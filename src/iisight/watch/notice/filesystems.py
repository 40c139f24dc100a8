"""Which paths lie where changes may be made that the system does not tell."""

import os
import sys
from pathlib import Path

from iisight.tables import rows

_MOUNTS = Path("/proc/self/mounts")
_REMOTE_DRIVE = 4  # DRIVE_REMOTE of GetDriveTypeW


def untold(path: Path) -> str:
    """Say why changes at a path may go untold; empty when the system tells them all."""
    if sys.platform == "win32":
        return _untold_by_windows(path)
    try:
        mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:  # not Linux
        return ""
    return untold_by_mounts(os.path.abspath(path), mounts)  # noqa: PTH100  the path may not exist, and a dead share is not asked


def untold_by_mounts(path: str, mounts: str) -> str:
    """Say why changes at an absolute path may go untold, by the text of `/proc/mounts`."""
    kinds = {row["type"]: row["why"] for row in rows("iisight.watch.notice", "filesystems")}
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _unescape(fields[1])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # of two at one place the later one is on top
            best, kind = point, fields[2]
    return kinds.get(kind) or kinds.get(kind.partition(".")[0], "")


def _unescape(field: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field


def _untold_by_windows(path: Path) -> str:
    import ctypes

    drive = path.drive
    if drive.startswith("\\\\") and not drive.startswith(("\\\\?\\", "\\\\.\\")):
        return "a network share"
    kind = getattr(ctypes, "windll").kernel32.GetDriveTypeW(f"{drive}\\")  # noqa: B009  the name exists on Windows alone
    return "a network drive" if kind == _REMOTE_DRIVE else ""
