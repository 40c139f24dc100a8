"""Changes thousands of files a second below a watch, and what counts among them; says what it lost or invented."""

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.estates import estate

from tests.faults.processes import Meter, rest
from tests.faults.served import INETSRV, Alert, Served, differing_twins
from tests.faults.storm import SITES, Storm

STEP_SECONDS = 0.5  # between two changes that count, at most
CALM_SECONDS = 900.0  # within which a watch must rest again
_SITE = f"D:\\web\\site{SITES:05}\\"
_FLOODED = (f"{_SITE}upload{{}}", f"{INETSRV}flood{{}}")  # a writer in each in turn: of a site, of the server itself
_STEADY = (f"{_SITE}web.config", f"{INETSRV}loghttp.dll")  # rewritten as they are
_OVERFLOW = "(overflow)"


@dataclass(frozen=True, slots=True)
class Force:
    """How much is done."""

    seconds: float = 15.0
    rate: int = 12_000  # changes a second at most; 0: as many as can be
    writers: int = 2


@dataclass(frozen=True, slots=True)
class Flooded:
    """What came of it."""

    counts: dict[str, int]  # changes that do not count, by kind
    seconds: float
    counting: int  # changes that count
    planted: int  # of these that stay
    slowest: float  # seconds from one that stays to its alert, at most
    overflows: int  # told, of notifications that the system left out
    rest: float | None  # seconds from the last change until the watch did next to nothing
    pause: float  # seconds for which the watch did not turn, at most
    memory: int  # MiB at most, of all processes at one time
    memory_of_one: int
    wrong: tuple[str, ...]

    @property
    def changes(self) -> int:
        """How many there were."""
        return sum(self.counts.values()) + self.counting

    @property
    def rate(self) -> float:
        """Changes a second."""
        return self.changes / self.seconds


class _Pulse:
    """Takes the signs of life of a watch as systemd does, and keeps the longest time between two."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("")  # an address that Linux chooses: unix(7), autobind
        self.environment = {"NOTIFY_SOCKET": f"@{self._socket.getsockname()[1:].decode()}", "WATCHDOG_USEC": "30000"}
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        last = None
        while data := self._socket.recv(4096):
            if data == b"WATCHDOG=1":
                now = time.monotonic()
                self.longest = max(self.longest, 0.0 if last is None else now - last)
                last = now


@dataclass(slots=True)
class _Seen:
    """When alerts came of things that stay."""

    served: Served
    planted: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        """Note what is told by now."""
        missing = self.planted.keys() - self.told.keys()
        if missing:
            text = "\n".join(self.served.messages())
            now = time.monotonic()
            self.told |= {name: now for name in missing if re.search(rf"\b{name}\b", text)}

    @property
    def slowest(self) -> float:
        """The longest time from a change to its alert."""
        return max((self.told[name] - begun for name, begun in self.planted.items() if name in self.told), default=0.0)


def flood(folder: Path, force: Force, seed: int) -> Flooded:
    """Watch a small server, flood it, and look at what was told once the watch rests."""
    random = Random(seed)
    served = Served(folder, estate(SITES + 1, 1))
    pulse = _Pulse()
    served.start(env=pulse.environment)
    assert served.process is not None
    try:
        served.expect("watching")
        rest(served.process.pid, CALM_SECONDS)
        meter, storm, seen = Meter(served.process.pid), Storm(served, random), _Seen(served)
        writers = [_writer(served, number, force, seed) for number in range(force.writers)]
        _change_what_counts(storm, seen, writers)
        done = [json.loads(writer.communicate()[0]) for writer in writers]
        rested = rest(served.process.pid, CALM_SECONDS)
        _wait_for_all(storm, seen)
        meter.stop()
        return Flooded(
            counts=dict(sum((Counter(one["counts"]) for one in done), Counter[str]())),
            seconds=max(one["seconds"] for one in done),
            counting=storm.changes,
            planted=len(seen.planted),
            slowest=seen.slowest,
            overflows=sum(_OVERFLOW in message for message in served.messages()),
            rest=rested,
            pause=pulse.longest,
            memory=meter.most_of_all,
            memory_of_one=meter.most_of_one,
            wrong=tuple(_wrong(storm, served.alerts())),
        )
    finally:
        served.kill()


def _writer(served: Served, number: int, force: Force, seed: int) -> "subprocess.Popen[bytes]":
    where = served.at(_FLOODED[number % len(_FLOODED)].format(number))
    arguments = (where, seed * 100 + number, force.seconds, force.rate / force.writers, *map(served.at, _STEADY))
    command = [sys.executable, "-m", "tests.faults.writer", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def _change_what_counts(storm: Storm, seen: _Seen, writers: "list[subprocess.Popen[bytes]]") -> None:
    """Change what counts, and plant what stays, while the writers write."""
    number = 10
    while any(writer.poll() is None for writer in writers):
        storm.step()
        if storm.random.random() < 0.5:
            name = f"{storm.random.choice(('drop', 'Module'))}{number}"
            seen.planted[name] = time.monotonic()
            storm.keep(name)
            number += 1
        end = time.monotonic() + storm.random.random() * STEP_SECONDS
        while time.monotonic() < end:
            seen.look()
            time.sleep(0.05)


def _wait_for_all(storm: Storm, seen: _Seen) -> None:
    """Give a watch that rests the time for the look at everything that confirms what was told."""
    end = time.monotonic() + CALM_SECONDS
    while (missing := list(storm.wrong(storm.served.alerts()))) and time.monotonic() < end:
        seen.look()
        time.sleep(0.5)
        if any("never" in text for text in missing):
            break
    seen.look()


def _wrong(storm: Storm, alerts: list[Alert]) -> Iterator[str]:
    yield from storm.wrong(alerts)
    yield from (f"{twin} is the id of two alerts" for twin in differing_twins(alerts))
    for message in (str(alert["message"]) for alert in alerts):
        is_known = any(re.search(rf"\b{name}\b", message) for name in storm.now)
        if not is_known and _OVERFLOW not in message and "watching" not in message:
            yield f"nothing of the kind happened: {message}"
