"""The event logs of this Windows: `wevtapi.dll` by ctypes. Source: "Windows Event Log" of the Windows SDK."""

import ctypes
import sys
from collections.abc import Sequence
from ctypes import byref, c_ulong, c_void_p, c_wchar_p

from iisight.watch.feeds.event_logs import ApiError

_CHANNEL, _REVERSE = 0x1, 0x200  # EvtQueryChannelPath, EvtQueryReverseDirection
_OLDEST, _AFTER_BOOKMARK, _STRICT = 2, 3, 0x10000  # EvtSubscribe*
_EVENT_XML, _BOOKMARK = 1, 2  # EvtRender*
_ENABLED = 0  # EvtChannelConfigEnabled
_NO_MORE, _TIMEOUT, _INVALID_OPERATION, _SMALL = 259, 1460, 4317, 122
_MAX_XML = 16 * 1024 * 1024  # bytes of one record; the largest record of a log has 64 KiB
_MAX_NAME = 1_024  # characters of a channel's name
_MAX_CHANNELS = 10_000
_WAIT = 50  # milliseconds a call may take that asks for what is there


class _Variant(ctypes.Structure):
    """EVT_VARIANT, as far as a truth value goes."""

    _fields_ = (("value", ctypes.c_int64), ("count", c_ulong), ("type", c_ulong))


class Windows:
    """The logs of this computer. Every method raises ApiError."""

    def __init__(self) -> None:
        """Load the library; raises ApiError where there is none."""
        self._dll = _library()

    def channels(self) -> Sequence[str]:
        """Return the names of all channels."""
        handle = self._checked(self._dll.EvtOpenChannelEnum(None, 0))
        names: list[str] = []
        buffer, used = ctypes.create_unicode_buffer(_MAX_NAME), c_ulong()
        try:
            while len(names) < _MAX_CHANNELS:
                if self._dll.EvtNextChannelPath(handle, _MAX_NAME, buffer, byref(used)):
                    names.append(buffer.value)
                elif _error() != _SMALL:
                    break
        finally:
            self._dll.EvtClose(handle)
        return names

    def is_enabled(self, channel: str) -> bool:
        """Tell whether a channel takes records."""
        handle = self._checked(self._dll.EvtOpenChannelConfig(None, channel, 0))
        variant, used = _Variant(), c_ulong()
        try:
            size = ctypes.sizeof(variant)
            self._checked(self._dll.EvtGetChannelConfigProperty(handle, _ENABLED, 0, size, byref(variant), byref(used)))
        finally:
            self._dll.EvtClose(handle)
        return bool(variant.value & 0xFFFFFFFF)

    def newest(self, channel: str) -> str:
        """Return the bookmark of the newest record of a channel, empty when it has none."""
        result = self._checked(self._dll.EvtQuery(None, channel, "*", _CHANNEL | _REVERSE))
        reader = _Reader(self._dll, result, "")
        try:
            return reader.bookmark() if reader.next(1) else ""
        finally:
            reader.close()

    def subscribe(self, channel: str, bookmark: str) -> "_Reader":
        """Return what gives the records of a channel behind a bookmark; without one, from the oldest on."""
        start = self._checked(self._dll.EvtCreateBookmark(bookmark)) if bookmark else None
        flags = _AFTER_BOOKMARK | _STRICT if start else _OLDEST
        signal = _signal()
        try:
            handle = self._checked(self._dll.EvtSubscribe(None, signal, channel, "*", start, None, None, flags))
        except ApiError:
            _close_signal(signal)
            raise
        finally:
            if start:
                self._dll.EvtClose(start)
        return _Reader(self._dll, handle, bookmark, signal)

    def _checked(self, result: int | None) -> int:
        if not result:
            raise _failed()
        return result


class _Reader:
    """A subscription in pull mode, or a query."""

    def __init__(self, dll: "ctypes.CDLL", handle: int, bookmark: str, signal: int | None = None) -> None:
        self._dll = dll
        self._handle = handle
        self._signal = signal
        self._bookmark = dll.EvtCreateBookmark(bookmark or None)
        self._is_moved = bool(bookmark)

    def next(self, most: int) -> list[str]:
        """Return the XML of records that are there, at most so many; none when there is none."""
        handles, count = (c_void_p * most)(), c_ulong()
        if not self._dll.EvtNext(self._handle, most, handles, _WAIT if self._signal is None else 0, 0, byref(count)):
            code = _error()
            if code in (_NO_MORE, _TIMEOUT, _INVALID_OPERATION):  # the last: a subscription with nothing new
                return []
            raise ApiError(code, _said(code))
        taken = handles[: count.value]
        try:
            texts = [self._rendered(handle, _EVENT_XML) for handle in taken]
            if taken:
                self._is_moved = bool(self._dll.EvtUpdateBookmark(self._bookmark, taken[-1]))
        finally:
            for handle in taken:
                self._dll.EvtClose(handle)
        return texts

    def bookmark(self) -> str:
        """Return the bookmark of the last record that was given; empty when none was."""
        return self._rendered(self._bookmark, _BOOKMARK) if self._is_moved else ""

    def close(self) -> None:
        """Close the subscription."""
        for handle in (self._handle, self._bookmark):
            if handle:
                self._dll.EvtClose(handle)
        if self._signal is not None:
            _close_signal(self._signal)
        self._handle = self._bookmark = 0
        self._signal = None

    def _rendered(self, handle: int | None, what: int) -> str:
        size, used, count = 8_192, c_ulong(), c_ulong()
        while size <= _MAX_XML:
            buffer = ctypes.create_unicode_buffer(size // 2)
            if self._dll.EvtRender(None, handle, what, size, buffer, byref(used), byref(count)):
                return buffer.value
            if _error() != _SMALL:
                raise _failed()
            size = max(used.value, size + 2)
        raise ApiError(_SMALL, f"a record of more than {_MAX_XML // 1024**2} MiB")


if sys.platform == "win32":

    def _library() -> ctypes.CDLL:
        try:
            dll = ctypes.WinDLL("wevtapi", use_last_error=True)
        except OSError as error:
            raise ApiError(error.winerror or 0, str(error)) from error
        handle, text, number = c_void_p, c_wchar_p, c_ulong
        for name, result, arguments in (
            ("EvtOpenChannelEnum", handle, (handle, number)),
            ("EvtNextChannelPath", ctypes.c_int, (handle, number, text, c_void_p)),
            ("EvtOpenChannelConfig", handle, (handle, text, number)),
            ("EvtGetChannelConfigProperty", ctypes.c_int, (handle, number, number, number, c_void_p, c_void_p)),
            ("EvtQuery", handle, (handle, text, text, number)),
            ("EvtSubscribe", handle, (handle, handle, text, text, handle, handle, handle, number)),
            ("EvtNext", ctypes.c_int, (handle, number, c_void_p, number, number, c_void_p)),
            ("EvtRender", ctypes.c_int, (handle, handle, number, number, c_void_p, c_void_p, c_void_p)),
            ("EvtCreateBookmark", handle, (text,)),
            ("EvtUpdateBookmark", ctypes.c_int, (handle, handle)),
            ("EvtClose", ctypes.c_int, (handle,)),
        ):
            function = getattr(dll, name)
            function.restype, function.argtypes = result, arguments
        return dll

    def _signal() -> int:
        """Return an event that the service sets when there is something: pull mode asks for one."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateEventW.restype = c_void_p
        kernel.CreateEventW.argtypes = (c_void_p, ctypes.c_int, ctypes.c_int, c_wchar_p)
        handle = kernel.CreateEventW(None, 1, 1, None)
        if not handle:
            raise _failed()
        return int(handle)

    def _close_signal(signal: int) -> None:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CloseHandle.argtypes = (c_void_p,)
        kernel.CloseHandle(signal)

    def _error() -> int:
        return ctypes.get_last_error()

    def _said(code: int) -> str:
        return ctypes.FormatError(code).strip()

else:

    def _library() -> ctypes.CDLL:
        raise ApiError(0, "Windows alone has event logs")

    def _signal() -> int:
        return 0

    def _close_signal(signal: int) -> None:
        """Do nothing."""

    def _error() -> int:
        return 0

    def _said(code: int) -> str:
        return f"error {code}"


def _failed() -> ApiError:
    code = _error()
    return ApiError(code, _said(code) if code else "Windows refused and did not say why")
