"""The event log of this Windows: what is written to it, and what is said where it cannot be read."""

import ctypes

import pytest

from iisight.inventory.protection.windows_acls import WindowsAcls
from iisight.model.alert import AlertKind
from iisight.watch.feeds import wevtapi
from iisight.watch.feeds.event_logs import ApiError
from iisight.watch.sinks.eventlog import SOURCE, EventLogSink, WindowsEventLog
from iisight.win32 import DONE, OBJECT, bind
from tests.builders.alerts import alert
from tests.builders.noticing import IS_WINE


def records() -> int:
    """Return how many records the Application log holds."""
    calls = bind(
        "advapi32",
        {
            "OpenEventLogW": (OBJECT, ctypes.c_wchar_p, ctypes.c_wchar_p),
            "GetNumberOfEventLogRecords": (DONE, ctypes.c_void_p, ctypes.c_void_p),
            "CloseEventLog": (DONE, ctypes.c_void_p),
        },
    )
    handle, count = calls.OpenEventLogW(None, "Application"), ctypes.c_uint32()
    calls.GetNumberOfEventLogRecords(handle, ctypes.byref(count))
    calls.CloseEventLog(handle)
    return count.value


def test_alerts_are_written_and_the_log_may_be_opened_again() -> None:
    before = records()
    sink = EventLogSink(WindowsEventLog(SOURCE))
    sink.send([alert(0, "Größe \ud800 %1"), alert(1, kind=AlertKind.HEALTH)])
    sink.close()
    sink.send([alert(2)])
    sink.close()
    assert records() == before if IS_WINE else records() >= before + 3  # Wine 8 takes events and keeps none


@pytest.mark.skipif(not IS_WINE, reason="this Windows has event logs")
def test_where_event_logs_cannot_be_read_that_is_an_error() -> None:
    api = wevtapi.Windows()
    for ask in (api.channels, lambda: api.newest("Application"), lambda: api.subscribe("Application", "")):
        with pytest.raises(ApiError):
            ask()


def test_the_descriptor_of_a_folder_and_of_a_key_are_known() -> None:
    for path in ("C:\\Windows", r"HKLM\SOFTWARE"):
        found = WindowsAcls().of(path)
        assert found is not None
        assert found.owner
        assert found.aces
    assert WindowsAcls().of("C:\\none") is None
