"""One watch for one state: a second one would take the alerts of the first."""

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iisight.model.errors import UsageError

FILE_NAME = "watch.lock"

_TAKEN = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})  # as flock(2) and _locking of Windows say it
_LOG = logging.getLogger(__name__)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep every other watch from a state, whose folder is made when it is not there, until this process ends.

    The system lets go when a process is killed. Raises UsageError when another one has it, or the folder cannot be
    used. A file system that knows no locks is no reason not to watch.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UsageError(f"--state {folder}: {_reason(error)}") from error
    try:
        _take(handle, folder)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path) -> None:
    try:
        _lock(handle)
    except OSError as error:
        if error.errno in _TAKEN:
            raise UsageError(
                f"{folder}: another watch keeps its state there; end it, or name another --state"
            ) from None
        _LOG.warning("%s: cannot be locked (%s); let no second watch keep its state there", folder, error.strerror)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _reason(error: OSError) -> str:
    is_file = isinstance(error, FileExistsError | NotADirectoryError)
    return "no folder" if is_file else error.strerror or str(error)
