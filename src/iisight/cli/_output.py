"""Where a command's output goes: the terminal as it is, or a file, whole or not at all."""

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from iisight.model.errors import UsageError


def is_terminal(stream: TextIO) -> bool:
    """Tell whether colour is wanted: a terminal, NO_COLOR not set, TERM not `dumb`."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Return the columns to write in: the terminal's, 80 for anything else."""
    if not stream.isatty():
        return 80
    try:
        return max(60, os.get_terminal_size(stream.fileno()).columns)
    except OSError:
        return 80


@contextmanager
def output(path: str | None, *evidence: Path, is_text: bool = False) -> Iterator[TextIO]:
    """Yield the stream to write to; a file is put in place only when all of it is written.

    A document is UTF-8 wherever it goes; only text for a person (`is_text`) is in the encoding of standard output.
    Never writes over the evidence or into it. What is no regular file, as a device, is written to as it is.
    """
    if path is None or path == "-":
        if not is_text and isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # a pipe of Windows has that of the computer
        yield sys.stdout
        return
    target = Path(path)
    if any(target.resolve().is_relative_to(given.resolve()) for given in evidence):
        raise UsageError(f"--output {path}: that would write into the evidence")
    try:
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8", newline="\n") as stream:
                yield stream
            return
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    except OSError as error:
        raise UsageError(f"--output {path}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
        _put_in_place(Path(name), target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _put_in_place(written: Path, target: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    try:
        written.chmod(0o666 & ~mask)
        written.replace(target)
    except OSError as error:
        raise UsageError(f"--output {target}: {error.strerror}") from error
