"""What is there in Windows alone, so that all other code is checked and imported everywhere."""

import os
import sys
from typing import TYPE_CHECKING

from iisight.model.errors import EvidenceError

if TYPE_CHECKING:
    from ctypes import CDLL

_NO_WINDOWS = "this is no Windows: give a copy of one"


def library(name: str) -> "CDLL":
    """Return a DLL of Windows whose functions keep their last error. Raises EvidenceError elsewhere."""
    if sys.platform == "win32":
        import ctypes

        return ctypes.WinDLL(name, use_last_error=True)
    else:  # noqa: RET505  for the type checker
        raise EvidenceError(_NO_WINDOWS)


def last_error() -> OSError:
    """Return the error that the last call of this thread met."""
    if sys.platform == "win32":
        import ctypes

        return ctypes.WinError(ctypes.get_last_error())
    else:  # noqa: RET505  for the type checker
        return OSError(_NO_WINDOWS)


def to_descriptor(handle: int) -> int:
    """Return a descriptor of this process for a file that was opened; raises OSError."""
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)
    else:  # noqa: RET505  for the type checker
        raise OSError(_NO_WINDOWS)


def is_windows() -> bool:
    """Tell whether this process runs on Windows."""
    return sys.platform == "win32"
