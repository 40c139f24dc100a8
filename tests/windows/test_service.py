"""The watch as a real service of Windows: installed, started, told to reload and stopped by the service manager."""

import ctypes
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from iisight.evidence.host.privileges import remove
from iisight.watch.service import State, run_as_service
from iisight.win32 import DONE, OBJECT, Call, bind
from iisight.workbench import stock
from tests.windows.test_watch import EVIL, put_server

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="a service of Windows")

NAME = "iisight-test"
DEADLINE = 60.0  # seconds
ALL_ACCESS = 0xF01FF
STOP, PARAMCHANGE = 1, 6

_HANDLE, _TEXT, _U32 = ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32
_CALLS: dict[str, Call] = {
    "OpenSCManagerW": (OBJECT, _TEXT, _TEXT, _U32),
    "CreateServiceW": (
        *(OBJECT, _HANDLE, _TEXT, _TEXT, _U32, _U32, _U32, _U32),
        *(_TEXT, _TEXT, _HANDLE, _TEXT, _TEXT, _TEXT),
    ),
    "StartServiceW": (DONE, _HANDLE, _U32, _HANDLE),
    "ControlService": (DONE, _HANDLE, _U32, _HANDLE),
    "QueryServiceStatus": (DONE, _HANDLE, _HANDLE),
    "DeleteService": (DONE, _HANDLE),
    "CloseServiceHandle": (DONE, _HANDLE),
}

_SERVICE = """
import sys
from pathlib import Path
from iisight.watch.service import run_as_service

def say(text):
    with Path(sys.argv[1]).open("a") as log:
        log.write(text + "\\n")

def main(running):
    running.manager.alive()
    running.manager.ready("ready")
    say("ready")
    running.reload.wait()
    say("reload")
    running.stop.wait()
    running.manager.alive()
    say("stop")
    return 4

say(f"status {run_as_service(main, sys.argv[2])}")
"""


class Service:
    """A service that is installed for the test."""

    def __init__(self, handle: int, log: Path) -> None:
        self._handle = handle
        self._log = log

    def start(self) -> None:
        _library().StartServiceW(self._handle, 0, None)

    def control(self, number: int) -> None:
        status = (ctypes.c_uint32 * 7)()
        _library().ControlService(self._handle, number, status)

    def status(self) -> list[int]:
        """Return SERVICE_STATUS: kind, state, accepted, exit code, our exit status, checkpoint, patience."""
        status = (ctypes.c_uint32 * 7)()
        _library().QueryServiceStatus(self._handle, status)
        return list(status)

    def said(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture
def manager() -> Iterator[int]:
    """Return a handle of the service manager."""
    try:
        handle = _library().OpenSCManagerW(None, None, 0x3)
    except PermissionError:
        pytest.skip("installing a service needs an administrator")
    yield handle
    _library().CloseServiceHandle(handle)


@contextmanager
def installed(manager: int, name: str, command: list[str], log: Path) -> Iterator[Service]:
    """Install a service, and take it away in the end."""
    line = subprocess.list2cmdline(command)
    handle = _library().CreateServiceW(manager, name, name, ALL_ACCESS, 0x10, 3, 1, line, None, None, None, None, None)
    service = Service(handle, log)
    try:
        yield service
    finally:
        if service.status()[1] == State.RUNNING:
            service.control(STOP)
        _library().DeleteService(handle)
        _library().CloseServiceHandle(handle)


@pytest.fixture
def service(manager: int, tmp_path: Path) -> Iterator[Service]:
    script, log = tmp_path / "service.py", tmp_path / "log.txt"
    script.write_text(_SERVICE)
    with installed(manager, NAME, [sys.executable, str(script), str(log), NAME], log) as made:
        yield made


def test_a_service_starts_reloads_and_stops_with_its_own_status(service: Service) -> None:
    service.start()
    _until(service, lambda: service.status()[1] == State.RUNNING and service.said() == ["ready"])
    assert service.status()[2] == 0x1 | 0x4 | 0x8
    service.control(PARAMCHANGE)
    _until(service, lambda: service.said() == ["ready", "reload"])
    service.control(STOP)
    _until(service, lambda: service.status()[1] == State.STOPPED and service.said()[2:] == ["stop", "status 4"])
    assert service.status()[3:5] == [1066, 4]


def test_the_watch_is_a_service_that_tells_a_change_and_stops(manager: int, tmp_path: Path) -> None:
    log, root = tmp_path / "alerts.ndjson", tmp_path / "server"
    put_server(root)
    arguments = ["watch", str(root), "--service", "--state", str(tmp_path / "state")]
    ends = ["--to", f"file:{log}", "--to", "eventlog:", "--events", str(tmp_path / "events.ndjson")]
    (tmp_path / "events.ndjson").touch()
    with installed(manager, "iisight", [sys.executable, "-m", "iisight", *arguments, *ends], log) as service:
        service.start()
        _until(service, lambda: service.status()[1] == State.RUNNING)
        _until(service, lambda: any("watching" in line for line in service.said()))
        host = root / stock.APPHOST.replace(":", "")
        host.write_bytes(host.read_bytes().replace(b"<globalModules>", EVIL))
        _until(service, lambda: any("native-module 'Evil' is there" in line for line in service.said()))
        service.control(STOP)
        _until(service, lambda: service.status()[1] == State.STOPPED)
        assert service.status()[3:5] == [0, 0]


def test_a_process_that_is_no_service_is_told_so() -> None:
    assert run_as_service(lambda running: 0) is None


def test_privileges_are_removed_for_good() -> None:
    kept = {"SeChangeNotifyPrivilege"}
    removed = remove(kept)
    assert not kept & set(removed)
    assert remove(kept) == []


def _until(service: Service, is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < end, f"the service is {service.status()} and said {service.said()}"
        time.sleep(0.05)


def _library() -> Any:
    return bind("advapi32", _CALLS)
