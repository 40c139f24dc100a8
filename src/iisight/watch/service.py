"""The watch as a service of Windows, by the calls of its service manager; elsewhere this imports and loads nothing.

A process becomes a service by `StartServiceCtrlDispatcherW`, which calls back in a thread of its own
(https://learn.microsoft.com/windows/win32/services/writing-a-servicemain-function).
"""

import ctypes
import threading
from contextlib import suppress
from enum import IntEnum

from iisight.watch.running import Main, Running
from iisight.win32 import callback, code_of, library

NAME = "iisight"

_NOT_A_SERVICE = 1063  # ERROR_FAILED_SERVICE_CONTROLLER_CONNECT
_SPECIFIC = 1066  # ERROR_SERVICE_SPECIFIC_ERROR: our own exit status counts
_CALL_NOT_IMPLEMENTED = 120
_OWN_PROCESS = 0x10
_STOP, _INTERROGATE, _SHUTDOWN, _PARAMCHANGE = 1, 4, 5, 6
_ACCEPTED = 0x1 | 0x4 | 0x8  # stop, shutdown, parameters changed
_PATIENCE = 30_000  # milliseconds that the manager may wait for the next sign while starting or stopping


class State(IntEnum):
    """States of a service (SERVICE_STATUS.dwCurrentState)."""

    STOPPED = 1
    START_PENDING = 2
    STOP_PENDING = 3
    RUNNING = 4


class _Status(ctypes.Structure):
    """SERVICE_STATUS."""

    _fields_ = tuple(
        (name, ctypes.c_uint32) for name in ("kind", "state", "accepted", "exit", "specific", "checkpoint", "patience")
    )


class _Entry(ctypes.Structure):
    """SERVICE_TABLE_ENTRYW."""

    _fields_ = (("name", ctypes.c_wchar_p), ("main", ctypes.c_void_p))


class _Reporter:
    """Tells the service manager the state; the `Manager` of a watch that is a service."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._state = State.STOPPED
        self._checkpoint = 0
        self._lock = threading.Lock()

    def ready(self, status: str) -> None:
        """Say that the service runs."""
        self.report(State.RUNNING)

    def alive(self) -> None:
        """Say, while it is starting or stopping, that it still does."""
        if self._state in (State.START_PENDING, State.STOP_PENDING):
            self.report(self._state)

    def reloading(self) -> None:
        """Say nothing: there is no state for it."""

    def stopping(self) -> None:
        """Say that the service is about to stop."""
        self.report(State.STOP_PENDING)

    def report(self, state: State, exit_status: int = 0) -> None:
        """Tell the state; a service that is stopping does not go back to running."""
        with self._lock:
            if self._state is State.STOP_PENDING and state is State.RUNNING:
                return
            pending = state in (State.START_PENDING, State.STOP_PENDING)
            self._checkpoint = self._checkpoint + 1 if pending else 0
            self._state = state
            status = _Status(
                kind=_OWN_PROCESS,
                state=state,
                accepted=_ACCEPTED if state is State.RUNNING else 0,
                exit=_SPECIFIC if exit_status else 0,
                specific=exit_status,
                checkpoint=self._checkpoint,
                patience=_PATIENCE if pending else 0,
            )
            with suppress(OSError):  # the watch goes on
                library("advapi32").SetServiceStatus(self._handle, ctypes.byref(status))


def run_as_service(main: Main, name: str = NAME) -> int | None:
    """Run the watch as the service that this process was started as; None when it was not started as one.

    Returns the exit status once the service has stopped. Raises OSError when the service manager refuses.
    """
    ended: list[int] = []

    def serve(count: int, arguments: int | None) -> None:
        _serve(main, name, ended)

    body = callback(None, ctypes.c_uint32, ctypes.c_void_p)(serve)
    table = (_Entry * 2)(_Entry(name, ctypes.cast(body, ctypes.c_void_p)), _Entry())
    try:
        library("advapi32").StartServiceCtrlDispatcherW(table)
    except OSError as error:
        if code_of(error) == _NOT_A_SERVICE:
            return None
        raise
    return ended[0] if ended else 1


def _serve(main: Main, name: str, ended: list[int]) -> None:
    """Be the service; in the thread that the dispatcher made. An exception of the watch is an exit status of 1."""
    wishes = Running()

    def control(number: int, kind: int, data: int | None, context: int | None) -> int:
        return _obey(number, wishes, reporter)

    number, pointer = ctypes.c_uint32, ctypes.c_void_p
    handler = callback(number, number, number, pointer, pointer)(control)
    handle = library("advapi32").RegisterServiceCtrlHandlerExW(name, ctypes.cast(handler, pointer), None)
    reporter = _Reporter(handle)
    reporter.report(State.START_PENDING)
    status = 1
    try:
        status = main(Running(wishes.stop, wishes.reload, reporter))
    finally:
        ended.append(status)  # first: once the service has stopped the dispatcher returns, and waits for no thread
        reporter.report(State.STOPPED, status)


def _obey(number: int, wishes: Running, reporter: _Reporter) -> int:
    """Do what the manager asks for; returns a Windows error code."""
    if number in (_STOP, _SHUTDOWN):
        reporter.stopping()
        wishes.stop.set()
    elif number == _PARAMCHANGE:
        wishes.reload.set()
    elif number != _INTERROGATE:
        return _CALL_NOT_IMPLEMENTED
    return 0
