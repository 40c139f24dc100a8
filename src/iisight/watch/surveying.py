"""When the whole server is looked at: after what only that can tell, after changes, and now and then."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from iisight.watch.survey import Plan, Process, Surveyed

QUIET = 1.0  # seconds without a change before everything is looked at
SHARE = 10.0  # a look that only confirms what was told begins so many times its length after the one before
LONGEST_PAUSE = 900.0  # seconds
LONGEST_LOOK = 3600.0  # seconds; one that takes longer, and much longer than the one before, is ended
LONGEST_SHARE = 20.0  # times the length of the one before
EVERY = 3600.0  # seconds; of a registry, and of what no notification told, nothing was noticed


class Look(Protocol):
    """A look that is under way."""

    def finish(self) -> Surveyed:
        """Return what it found, once it has."""

    def kill(self) -> None:
        """End it."""


@dataclass(slots=True)
class _Run:
    look: Look
    turn: int
    begun: float
    found: Surveyed | None = None
    late: str = ""  # why it was ended


class Surveying:
    """Starts looks at everything, one at a time, and hands over what they find."""

    def __init__(
        self,
        clock: Callable[[], float],
        wake: Callable[[], None] = lambda: None,
        start: Callable[[Plan, int, datetime], Look] = Process,
    ) -> None:
        """`clock` gives seconds and is never set back; `wake` is called by a thread when a look has ended."""
        self._start = start
        self._clock = clock
        self._wake = wake
        self._run: _Run | None = None
        self._ended = clock()
        self._length = 0.0
        self._due: float | None = clock()
        self._changed = clock() - QUIET
        self.failures = 0

    @property
    def is_running(self) -> bool:
        """Tell whether a look is under way."""
        return self._run is not None

    def changed(self, *, only_all_tells: bool) -> None:
        """Say that something changed; `only_all_tells`: and that nothing was told of it."""
        now = self._clock()
        self._changed = now
        pause = 0.0 if only_all_tells else min(SHARE * self._length, LONGEST_PAUSE)
        due = max(now + QUIET, self._ended + max(pause, self._length))
        self._due = due if self._due is None else min(self._due, due)

    def wait(self) -> float:
        """Return in how many seconds there is something to do."""
        if self._run is not None:
            return 60.0
        return max(self._next() - self._clock(), 0.0)

    def begin(self, plan: Plan, turn: int, time: datetime) -> bool:
        """Start a look if one is due; tell whether it was started, with this turn."""
        if self._run is not None or self._clock() < self._next():
            return False
        self._due = None
        run = _Run(self._start(plan, turn, time), turn, self._clock())
        self._run = run
        threading.Thread(target=self._wait_for, args=(run,), name="survey", daemon=True).start()
        return True

    def take(self) -> Surveyed | None:
        """Return what a look has found that has ended; None while there is none."""
        run = self._run
        if run is None or run.found is None:
            self._end_late()
            return None
        self._run = None
        self._ended = self._clock()
        self._length = self._ended - run.begun
        self.failures = self.failures + 1 if run.found.problem else 0
        if run.found.problem:
            self._due = self._ended + min(2.0 ** min(self.failures, 30), LONGEST_PAUSE)
        return replace(run.found, problem=run.late) if run.late else run.found

    def _end_late(self) -> None:
        """End a look that hangs; what is found then is that it did."""
        longest = max(LONGEST_LOOK, LONGEST_SHARE * self._length)
        run = self._run
        if run is not None and not run.late and self._clock() - run.begun > longest:
            run.late = f"it took longer than {longest:,.0f} s and was ended"
            run.look.kill()

    def stop(self) -> None:
        """End the look that is under way."""
        if self._run is not None:
            self._run.look.kill()

    def _next(self) -> float:
        """Return when the next look is to begin: not while changes go on, but not later than twice its pause."""
        if self._due is None:
            return self._ended + EVERY
        calm = self._changed + QUIET
        return self._due if calm <= self._due else min(calm, self._due + 10.0 + self._length)

    def _wait_for(self, run: _Run) -> None:
        run.found = run.look.finish()
        self._wake()
