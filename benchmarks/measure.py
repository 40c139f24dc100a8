"""A measured figure and its bound."""

import gc
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time

_REPORTED = frozenset({0, 1, 3})  # exit statuses of a scan that gave a report


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure; `bound` is what it must not exceed, None when it is only for information."""

    what: str
    value: float
    unit: str
    bound: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether the figure keeps to its bound."""
        return self.bound is None or self.value <= self.bound

    def line(self) -> str:
        """Return the figure as a line of the table."""
        bound = "" if self.bound is None else f" (at most {self.bound:g}{'' if self.holds else ': MISSED'})"
        note = f"  {self.note}" if self.note else ""
        return f"{self.what:58} {self.value:8.2f} {self.unit}{bound}{note}"


def best_of(times: int, run: Callable[[], object], *, processor: bool = False) -> float:
    """Return the shortest time in seconds of several runs: wall clock, or processor time alone."""
    clock = process_time if processor else perf_counter
    found = []
    for _ in range(times):
        gc.collect()
        start = clock()
        run()
        found.append(clock() - start)
    return min(found)


def scanned(*arguments: str) -> float:
    """Return the seconds that `iisight scan` takes as a process. Raises RuntimeError when it gave no report."""
    start = perf_counter()
    command = [sys.executable, "-m", "iisight", "scan", *arguments]
    status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    if status not in _REPORTED:
        raise RuntimeError(f"iisight scan {' '.join(arguments)}: ended with status {status}")
    return perf_counter() - start
