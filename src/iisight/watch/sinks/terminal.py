"""Alerts in a terminal, or to whatever standard output leads."""

import json
import sys
from collections.abc import Sequence
from typing import TextIO

from iisight.model.alert import Alert
from iisight.model.errors import UsageError
from iisight.report.alerts import ecs_line, spans
from iisight.report.text import write_lines
from iisight.watch.sinks.options import settings
from iisight.watch.sinks.sink import SinkError


class TerminalSink:
    """Writes lines for a person, coloured in a terminal, or ECS documents."""

    name = "-"

    def __init__(self, stream: TextIO, *, ecs: bool = False, color: bool = False) -> None:
        """Write to `stream`, which stays open."""
        self._stream, self._ecs, self._color = stream, ecs, color

    def send(self, alerts: Sequence[Alert]) -> None:
        """Write alerts, one a line."""
        for count, alert in enumerate(alerts):
            try:
                self._write(alert)
                self._stream.flush()
            except (OSError, ValueError) as error:  # ValueError: it is closed
                raise SinkError(f"standard output: {error}", accepted=count) from error

    def close(self) -> None:
        """Do nothing: the stream is not ours."""

    def _write(self, alert: Alert) -> None:
        if self._ecs:
            self._stream.write(_ascii(ecs_line(alert)))
        else:
            write_lines([spans(alert)], self._stream, color=self._color)


def _ascii(document: bytes) -> str:
    """Return a document as every encoding has it: a pipe of Windows has that of the computer, and JSON has escapes."""
    return document.decode("utf-8") if document.isascii() else json.dumps(json.loads(document)) + "\n"


def parse(text: str) -> TerminalSink:
    """Return the sink of `-` or `-?format=ecs`."""
    if text != "-" and not text.startswith("-?"):
        raise UsageError(f"'{text[:40]}': expected - or -?format=ecs")
    ecs = settings("-", text[2:], ("format",)).choice("format", {"text": False, "ecs": True}, "text")
    return TerminalSink(sys.stdout, ecs=ecs, color=sys.stdout.isatty())
