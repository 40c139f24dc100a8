"""Alerts to a program of the user: one run an alert, the ECS document on its standard input.

No shell, and nothing of an alert in the arguments or the environment: its text may be an intruder's.
"""

import hashlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePosixPath, PureWindowsPath

from iisight.model.alert import Alert
from iisight.model.errors import UsageError
from iisight.report.alerts import ecs_line
from iisight.watch.sinks.options import settings
from iisight.watch.sinks.sink import SinkError

TIMEOUT = 30  # seconds of one run

_IS_WINDOWS = sys.platform == "win32"


class CommandSink:
    """Runs a program for each alert; status 0 means that it took it."""

    def __init__(self, arguments: Sequence[str], timeout: float = TIMEOUT) -> None:
        """Run nothing yet. The first argument is the program, by its whole path."""
        others = "\0".join(arguments[1:]).encode("utf-8", "surrogateescape")
        mark = f" #{hashlib.sha256(others).hexdigest()[:8]}" if others else ""  # arguments may hold a secret
        self.name = f"command:{arguments[0]}{mark}"
        self._arguments, self._timeout = tuple(arguments), timeout

    def send(self, alerts: Sequence[Alert]) -> None:
        """Run the program for each alert, one after another."""
        for count, alert in enumerate(alerts):
            if reason := _run(self._arguments, ecs_line(alert), self._timeout):
                raise SinkError(f"{self._arguments[0]}: {reason}", accepted=count)

    def close(self) -> None:
        """Do nothing: no program runs between two alerts."""


def parse(text: str) -> CommandSink:
    """Return the sink of `command:PATH ARGUMENT…` or `command?timeout=60:PATH …`. Raises UsageError."""
    head, _, line = text.partition(":")
    given = settings("command", head.partition("?")[2], ("timeout",))
    try:
        words = [word.strip('"') for word in shlex.split(line, posix=False)] if _IS_WINDOWS else shlex.split(line)
    except ValueError as error:
        raise UsageError(f"command: {error}") from error
    if not words or not (PureWindowsPath if _IS_WINDOWS else PurePosixPath)(words[0]).is_absolute():
        raise UsageError("command: expected the whole path of a program: it is not looked for in the folders of PATH")
    return CommandSink(words, given.number("timeout", TIMEOUT, 1, 600))


def _run(arguments: Sequence[str], data: bytes, timeout: float) -> str:
    """Run a program and return why it did not take the data; empty: it did."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own program, and no text of an alert among its arguments
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=not _IS_WINDOWS,
        )
    except OSError as error:
        return str(error.strerror or error)
    with process:
        try:
            process.communicate(data, timeout)
        except subprocess.TimeoutExpired:
            return f"not done after {timeout:g} s, ended"
        finally:
            _end(process)
    return f"ended with status {process.returncode}" if process.returncode else ""


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the program, and on other systems than Windows all that it started, when it still runs."""
    if process.poll() is not None:
        return
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
