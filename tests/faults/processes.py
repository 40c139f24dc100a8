"""What a process and all that it started take, as Linux tells it; elsewhere nothing is known."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_SECONDS = 0.1  # between two looks
_IDLE = 0.1  # share of a core that a process takes that rests
_CALM = 2.0  # seconds of which it takes so little


class Meter:
    """Looks at a process and all below it until it is stopped."""

    def __init__(self, process: int) -> None:
        """Begin."""
        self.most_of_all = 0  # MiB at one time; a page that two share counts once
        self.most_of_one = 0
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_SECONDS):
            sizes = [_memory(number) for number in below(self._process)]
            self.most_of_all = max(self.most_of_all, sum(sizes) // 1024)
            self.most_of_one = max(self.most_of_one, max(sizes, default=0) // 1024)


def below(process: int) -> Iterator[int]:
    """Yield a process and those that it, and those below it, have started."""
    waiting = [process]
    while waiting:
        number = waiting.pop()
        yield number
        for told in (_PROC / str(number)).glob("task/*/children"):
            try:
                waiting += map(int, told.read_text().split())
            except OSError:
                continue  # it has ended


def rest(process: int, seconds: float) -> float | None:
    """Wait until a process and all below it do next to nothing; return after how many seconds. None: they never do."""
    begun = time.monotonic()
    while (now := time.monotonic()) < begun + seconds:
        before = {number: _time(number) for number in below(process)}
        time.sleep(_CALM)
        after = {number: _time(number) for number in below(process)}
        took = sum(used - before.get(number, 0.0) for number, used in after.items())
        if took < _IDLE * _CALM and after.keys() == before.keys():
            return now - begun
    return None


def _memory(process: int) -> int:
    """Return KiB of memory, shared pages by their share."""
    try:
        lines = (_PROC / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _time(process: int) -> float:
    """Return the seconds of a processor that a process took."""
    try:
        fields = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
