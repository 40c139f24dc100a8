"""The event log of Windows, written with advapi32: RegisterEventSourceW, ReportEventW, DeregisterEventSource."""

import sys
from collections.abc import Sequence

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class WindowsEventLog:
        """Writes events under a source of the Application log."""

        def __init__(self, source: str) -> None:
            """Open nothing yet."""
            self._source = source
            self._handle: int | None = None
            self._calls = ctypes.WinDLL("advapi32", use_last_error=True)
            self._calls.RegisterEventSourceW.argtypes = (wintypes.LPCWSTR, wintypes.LPCWSTR)
            self._calls.RegisterEventSourceW.restype = wintypes.HANDLE
            self._calls.DeregisterEventSource.argtypes = (wintypes.HANDLE,)
            self._calls.ReportEventW.restype = wintypes.BOOL
            self._calls.ReportEventW.argtypes = (
                wintypes.HANDLE,
                wintypes.WORD,  # type
                wintypes.WORD,  # category
                wintypes.DWORD,  # event id
                wintypes.LPVOID,  # user
                wintypes.WORD,  # number of strings
                wintypes.DWORD,  # bytes of data
                ctypes.POINTER(wintypes.LPCWSTR),
                wintypes.LPVOID,
            )

        def report(self, kind: int, event: int, strings: Sequence[str]) -> None:
            """Write an event. Raises OSError."""
            if self._handle is None:
                self._handle = self._calls.RegisterEventSourceW(None, self._source)
                if not self._handle:
                    self._handle = None
                    raise ctypes.WinError(ctypes.get_last_error())
            texts = (wintypes.LPCWSTR * len(strings))(*strings)
            if not self._calls.ReportEventW(self._handle, kind, 0, event, None, len(strings), 0, texts, None):
                raise ctypes.WinError(ctypes.get_last_error())

        def close(self) -> None:
            """Close the source."""
            handle, self._handle = self._handle, None
            if handle is not None:
                self._calls.DeregisterEventSource(handle)
