"""A measured figure and its bound."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time


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
