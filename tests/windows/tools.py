"""What several of these tests need of Windows."""

import os
import shutil
import subprocess
import sys
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


@contextmanager
def worker_process(folder: Path, loaded: Path) -> Iterator[int]:
    """Run a program that is called `w3wp.exe`, has loaded a library, does nothing, and yield its id.

    It is this Python by another name; the library need not be fit for it.
    """
    program, home = folder / "w3wp.exe", Path(sys.base_prefix)
    shutil.copy(sys.executable, program)
    for needed in home.glob("*.dll"):
        shutil.copy(needed, folder)
    code = "import ctypes, sys; held = ctypes.CDLL(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"
    command = [str(program), "-c", code, str(loaded), "-ap", "DefaultAppPool"]
    places = {"PYTHONHOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, env={**os.environ, **places}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        yield process.pid
        process.communicate()
