"""Open a file that somebody else writes, renames and deletes meanwhile."""

import os
import stat
import sys
from io import FileIO
from pathlib import Path

Identity = tuple[int, int]  # device and inode; on Windows volume and file id


def open_shared(path: Path) -> FileIO:
    """Open a regular file for reading, without keeping anybody from renaming or deleting it. Raises OSError."""
    file = FileIO(str(path), "r", opener=_opener)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("no regular file")
    return file


def identity_of(found: os.stat_result) -> Identity:
    """Return what a file keeps when it is renamed."""
    return found.st_dev, found.st_ino


if sys.platform == "win32":

    def _opener(path: str, _flags: int) -> int:
        """Open with FILE_SHARE_DELETE, which Python's own `open` leaves out: a forwarder could not rotate its file."""
        from iisight.win32 import GENERIC_READ, open_path, to_descriptor

        return to_descriptor(open_path(os.path.abspath(path), GENERIC_READ))  # noqa: PTH100

else:

    def _opener(path: str, flags: int) -> int:
        """Open without waiting: what was a file may have become a pipe."""
        return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
