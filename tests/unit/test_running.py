"""A watch that runs as a service: what it is told by signals, what it tells systemd, and the rights it gives up."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iisight.watch import rights
from iisight.watch.running import Person
from iisight.watch.systemd import Systemd, manager_of

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, systemd and users of POSIX")
DEADLINE = 60  # seconds; for a computer that is busy with other things


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Return the socket of a service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.settimeout(DEADLINE)
        yield end


def _next(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().splitlines()


@on_posix
def test_systemd_is_told_what_happens(manager: socket.socket) -> None:
    systemd = Systemd(manager.getsockname(), clock=lambda: 2.5)
    systemd.ready("4 sites\nare watched")
    systemd.reloading()
    systemd.stopping()
    told = [_next(manager) for _ in range(3)]
    assert told == [
        ["READY=1", "STATUS=4 sites are watched"],
        ["RELOADING=1", "MONOTONIC_USEC=2500000"],
        ["STOPPING=1"],
    ]


@on_posix
def test_systemd_is_told_of_life_three_times_as_often_as_it_wants(manager: socket.socket) -> None:
    times = iter((0.0, 9.0, 10.0, 19.0, 20.0))
    systemd = Systemd(manager.getsockname(), pulse=10, clock=lambda: next(times))
    for _ in range(5):
        systemd.alive()
    systemd.stopping()
    assert [_next(manager) for _ in range(4)] == [["WATCHDOG=1"]] * 3 + [["STOPPING=1"]]


@on_posix
def test_a_manager_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    Systemd(str(gone)).ready("")
    assert not gone.exists()


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_who_is_not_started_by_systemd_is_started_by_a_person(environment: dict[str, str]) -> None:
    assert isinstance(manager_of(environment, 1), Person)


@on_posix
@pytest.mark.parametrize(
    ("environment", "signs"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 1),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 1),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, 0),
        ({"WATCHDOG_USEC": "soon"}, 0),
        ({}, 0),
    ],
)
def test_life_is_told_to_who_wants_to_know(manager: socket.socket, environment: dict[str, str], signs: int) -> None:
    found = manager_of({"NOTIFY_SOCKET": manager.getsockname(), **environment}, process=7)
    found.alive()
    found.stopping()
    assert [_next(manager) for _ in range(signs + 1)] == [["WATCHDOG=1"]] * signs + [["STOPPING=1"]]


_WATCH = """
import sys
from iisight.watch.running import Running
from iisight.watch.signals import run_until_signal

def main(running: Running) -> int:
    running.manager.ready("ready")
    print("ready", flush=True)
    running.reload.wait()
    print("reload", flush=True)
    running.stop.wait()
    return 4

sys.exit(run_until_signal(main))
"""


@on_posix
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_signals_reload_and_end_a_watch_that_systemd_started(manager: socket.socket, ending: signal.Signals) -> None:
    environment = {**os.environ, "NOTIFY_SOCKET": manager.getsockname()}
    command = [sys.executable, "-c", _WATCH]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline() == "reload\n"
        process.send_signal(ending)
        assert process.wait(DEADLINE) == 4
    assert [_next(manager) for _ in range(2)] == [["READY=1", "STATUS=ready"], ["STOPPING=1"]]


_BECOME = """
import os
from iisight.watch.rights import become, give_up

become("nobody")
print(give_up(), os.getresuid()[2] == os.getuid() != 0, 0 in os.getgroups())
print([line for line in open("/proc/self/status") if line.startswith(("NoNewPrivs", "CapEff"))])
print(oct(os.umask(0)))
"""


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="only root of Linux can become another user")
def test_root_becomes_a_user_for_good() -> None:
    done = subprocess.run([sys.executable, "-c", _BECOME], capture_output=True, text=True, check=True, timeout=DEADLINE)
    assert done.stdout.splitlines() == [
        "['new privileges'] True False",
        r"['CapEff:\t0000000000000000\n', 'NoNewPrivs:\t1\n']",
        "0o77",
    ]


@on_posix
@pytest.mark.parametrize(
    ("user", "reason"), [("no-such-user", "there is no user no-such-user"), ("root", "root has the number 0")]
)
def test_who_cannot_be_become_is_told(user: str, reason: str) -> None:
    with pytest.raises(rights.RightsError, match=reason):
        rights.become(user)
