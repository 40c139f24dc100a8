r"""Alerts in the Application log of Windows, under the source `iisight`.

The source is registered once, by an administrator, below
`HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\iisight`: `EventMessageFile` (REG_EXPAND_SZ)
`%SystemRoot%\System32\EventCreate.exe`, whose messages 1 to 1000 are their first string, and `TypesSupported`
(REG_DWORD) 7. Without it the events are written all the same, and the viewer says that it lacks the description.
"""

import ctypes
import re
import sys
from collections.abc import Sequence
from typing import Protocol

from iisight.model.alert import Alert, AlertKind
from iisight.model.errors import UsageError
from iisight.model.finding import Severity
from iisight.report.alerts import ecs_line, line
from iisight.watch.sinks.sink import SinkError
from iisight.win32 import library

SOURCE = "iisight"
EVENT_IDS = {
    AlertKind.CHANGE: 101,
    AlertKind.EVENT: 102,
    AlertKind.WHO: 103,
    AlertKind.COVERAGE: 104,
    AlertKind.HEALTH: 105,
}
TYPES = {Severity.CRITICAL: 1, Severity.HIGH: 1, Severity.MEDIUM: 2, Severity.LOW: 4, Severity.INFO: 4}
"""EVENTLOG_ERROR_TYPE 1, WARNING 2, INFORMATION 4: ReportEventW, `winnt.h`."""
MAX_STRING = 25_000  # UTF-16 units; ReportEventW takes 31,839 a string, and some 60 KB an event

_INSERTION = re.compile(r"%(?=[%0-9!])")  # FormatMessage would put something in its place


class EventLog(Protocol):
    """Writes one event."""

    def report(self, kind: int, event: int, strings: Sequence[str]) -> None:
        """Write an event. Raises OSError."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class EventLogSink:
    """Writes one event an alert: first the line for a person, then the ECS document, when there is room for it."""

    name = "eventlog:"

    def __init__(self, log: EventLog) -> None:
        """Write to `log`."""
        self._log = log

    def send(self, alerts: Sequence[Alert]) -> None:
        """Write alerts in their order."""
        for count, alert in enumerate(alerts):
            try:
                self._log.report(TYPES[alert.severity], EVENT_IDS[alert.kind], strings(alert))
            except OSError as error:
                self._log.close()
                raise SinkError(f"event log: {error.strerror or error}", accepted=count) from error

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()


class WindowsEventLog:
    """Writes events under a source of the Application log."""

    def __init__(self, source: str) -> None:
        """Open nothing yet."""
        self._source = source
        self._handle: int | None = None

    def report(self, kind: int, event: int, strings: Sequence[str]) -> None:
        """Write an event. Raises OSError."""
        calls = library("advapi32")
        if self._handle is None:
            self._handle = calls.RegisterEventSourceW(None, self._source)
        texts = (ctypes.c_wchar_p * len(strings))(*strings)
        calls.ReportEventW(self._handle, kind, 0, event, None, len(strings), 0, texts, None)

    def close(self) -> None:
        """Close the source."""
        handle, self._handle = self._handle, None
        if handle is not None:
            library("advapi32").DeregisterEventSource(handle)


def strings(alert: Alert) -> tuple[str, ...]:
    """Return what an event holds: nothing of it is taken for an insertion, and none is too long."""
    shown = _INSERTION.sub("% ", line(alert))[:MAX_STRING]
    document = _INSERTION.sub(r"\\u0025", ecs_line(alert).decode("utf-8").rstrip("\n"))
    return (shown, document) if _units(document) <= MAX_STRING else (shown,)


def parse(text: str) -> EventLogSink:
    """Return the sink of `eventlog:`. Raises UsageError on any other system than Windows."""
    if text != "eventlog:":
        raise UsageError(f"'{text[:40]}': expected eventlog: and nothing behind it")
    if sys.platform == "win32":
        return EventLogSink(WindowsEventLog(SOURCE))
    raise UsageError("eventlog: there is no event log on this system")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
