"""Tells systemd how the watch is: the protocol of sd_notify(3), without its library."""

import socket
import time
from collections.abc import Callable, Mapping

from iisight.watch.running import Manager, Person

_SOCKET = "NOTIFY_SOCKET"
_MICROSECONDS = 1_000_000


class Systemd:
    """The socket that systemd gave to this process. What cannot be sent is not sent: the watch goes on."""

    def __init__(self, address: str, pulse: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._pulse = pulse  # seconds between two signs of life; None: none is expected
        self._clock = clock
        self._last: float | None = None

    def ready(self, status: str) -> None:
        """Say that everything is watched from now on."""
        self._send("READY=1", f"STATUS={' '.join(status.split())}")

    def alive(self) -> None:
        """Say that the watch still turns, as often as systemd wants to know."""
        now = self._clock()
        if self._pulse is not None and (self._last is None or now - self._last >= self._pulse):
            self._last = now
            self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Say that the settings are being read again."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={int(self._clock() * _MICROSECONDS)}")

    def stopping(self) -> None:
        """Say that the watch is about to end."""
        self._send("STOPPING=1")

    def _send(self, *lines: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.settimeout(1)
            try:
                out.sendto("\n".join(lines).encode(), self._address)
            except OSError:
                return


def manager_of(environment: Mapping[str, str], process: int) -> Manager:
    """Return systemd if it started this process, as its environment says; else a person."""
    address = environment.get(_SOCKET, "")
    if not address.startswith(("/", "@")):
        return Person()
    wanted = environment.get("WATCHDOG_USEC", "")
    is_ours = environment.get("WATCHDOG_PID", str(process)) == str(process)
    pulse = int(wanted) / _MICROSECONDS / 3 if is_ours and wanted.isdecimal() else None
    return Systemd(address, pulse)
