"""The event logs of this Windows: `wevtapi.dll` by ctypes. Source: "Windows Event Log" of the Windows SDK."""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ctypes import byref, c_uint32, c_void_p

from iisight.watch.feeds.event_logs import ApiError
from iisight.win32 import closing, code_of, library

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

    _fields_ = (("value", ctypes.c_int64), ("count", c_uint32), ("type", c_uint32))


@contextmanager
def _asking() -> Iterator[None]:
    """Raise what Windows refuses as ApiError."""
    try:
        yield
    except OSError as error:
        raise ApiError(code_of(error), error.strerror or str(error)) from error


@contextmanager
def _held(handle: int) -> Iterator[int]:
    """Close a handle of the event log in the end."""
    try:
        yield handle
    finally:
        library("wevtapi").EvtClose(handle)


class Windows:
    """The logs of this computer. Every method raises ApiError."""

    @_asking()
    def __init__(self) -> None:
        """Load the library; raises ApiError where there is none."""
        self._calls = library("wevtapi")

    @_asking()
    def channels(self) -> Sequence[str]:
        """Return the names of all channels."""
        names: list[str] = []
        with _held(self._calls.EvtOpenChannelEnum(None, 0)) as handle:
            while len(names) < _MAX_CHANNELS and (name := self._next(handle)) is not None:
                names += filter(None, (name,))
        return names

    @_asking()
    def is_enabled(self, channel: str) -> bool:
        """Tell whether a channel takes records."""
        variant, used = _Variant(), c_uint32()
        with _held(self._calls.EvtOpenChannelConfig(None, channel, 0)) as handle:
            ask = self._calls.EvtGetChannelConfigProperty
            ask(handle, _ENABLED, 0, ctypes.sizeof(variant), byref(variant), byref(used))
        return bool(variant.value & 0xFFFFFFFF)

    @_asking()
    def newest(self, channel: str) -> str:
        """Return the bookmark of the newest record of a channel, empty when it has none."""
        with ExitStack() as held:
            handle = held.enter_context(_held(self._calls.EvtQuery(None, channel, "*", _CHANNEL | _REVERSE)))
            reader = _Reader(handle, "", held, wait=_WAIT)
            held.callback(reader.close)
            return reader.bookmark() if reader.next(1) else ""

    @_asking()
    def subscribe(self, channel: str, bookmark: str) -> "_Reader":
        """Return what gives the records of a channel behind a bookmark; without one, from the oldest on."""
        with ExitStack() as held:
            signal = held.enter_context(closing(library("kernel32").CreateEventW(None, 1, 1, None)))
            start = held.enter_context(_held(self._calls.EvtCreateBookmark(bookmark))) if bookmark else None
            flags = _AFTER_BOOKMARK | _STRICT if start else _OLDEST
            subscribed = self._calls.EvtSubscribe(None, signal, channel, "*", start, None, None, flags)
            return _Reader(held.enter_context(_held(subscribed)), bookmark, held)

    def _next(self, handle: int) -> str | None:
        """Return the name of the next channel, empty for one that is too long; None when there is none."""
        buffer, used = ctypes.create_unicode_buffer(_MAX_NAME), c_uint32()
        try:
            self._calls.EvtNextChannelPath(handle, _MAX_NAME, buffer, byref(used))
        except OSError as error:
            return "" if code_of(error) == _SMALL else None
        return buffer.value


class _Reader:
    """A subscription in pull mode, or a query; what was held for it is closed with it."""

    def __init__(self, handle: int, bookmark: str, held: ExitStack, wait: int = 0) -> None:
        self._calls = library("wevtapi")
        self._handle = handle
        self._wait = wait  # milliseconds
        self._bookmark = held.enter_context(_held(self._calls.EvtCreateBookmark(bookmark or None)))
        self._is_moved = bool(bookmark)
        self._held = held.pop_all()

    @_asking()
    def next(self, most: int) -> list[str]:
        """Return the XML of records that are there, at most so many; none when there is none."""
        handles, count = (c_void_p * most)(), c_uint32()
        try:
            self._calls.EvtNext(self._handle, most, handles, self._wait, 0, byref(count))
        except OSError as error:
            if code_of(error) in (_NO_MORE, _TIMEOUT, _INVALID_OPERATION):  # the last: a subscription, nothing new
                return []
            raise
        with ExitStack() as held:
            taken = [held.enter_context(_held(handle or 0)) for handle in handles[: count.value]]
            texts = [self._rendered(handle, _EVENT_XML) for handle in taken]
            if taken:
                self._calls.EvtUpdateBookmark(self._bookmark, taken[-1])
                self._is_moved = True
        return texts

    @_asking()
    def bookmark(self) -> str:
        """Return the bookmark of the last record that was given; empty when none was."""
        return self._rendered(self._bookmark, _BOOKMARK) if self._is_moved else ""

    def close(self) -> None:
        """Close the subscription."""
        self._held.close()

    def _rendered(self, handle: int, what: int) -> str:
        size, used, count = 8_192, c_uint32(), c_uint32()
        while size <= _MAX_XML:
            buffer = ctypes.create_unicode_buffer(size // 2)
            try:
                self._calls.EvtRender(None, handle, what, size, buffer, byref(used), byref(count))
            except OSError as error:
                if code_of(error) != _SMALL:
                    raise
                size = max(used.value, size + 2)
            else:
                return buffer.value
        raise ApiError(_SMALL, f"a record of more than {_MAX_XML // 1024**2} MiB")
