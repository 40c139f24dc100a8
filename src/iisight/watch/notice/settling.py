"""Holds files back until whoever writes them is done: a copy half-way is not judged, and none is waited for long."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from iisight.watch.notice.listing import look

QUIET = 0.05  # seconds between the two looks that must agree
LONGEST = 2.0  # seconds after which a file is let go as it is
TORN = 1.0  # seconds after which one is let go that is calm, and lacks its end: whoever writes it may have to wait
MAX_HELD = 10_000  # files; beyond, those held longest are let go

Look = Callable[[Path], int | None]  # the print of a file; None: it is gone, or cannot be looked at
IsTorn = Callable[[Path], bool]  # whether a file lacks its end


@dataclass(frozen=True, slots=True)
class Settled:
    """What is let go."""

    calm: frozenset[Path] = frozenset()  # did not change between two looks, or is gone
    restless: frozenset[Path] = frozenset()  # still changes at the deadline: what is read of it may be half of it


@dataclass(slots=True)
class _Held:
    mark: int | None
    looked: float
    since: float


class Settling:
    """Files that may still be written."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, glance: Look | None = None, is_torn: IsTorn | None = None
    ) -> None:
        self._clock = clock
        self._look = glance or _look
        self._is_torn = is_torn or (lambda _: False)
        self._held: dict[Path, _Held] = {}

    def hold(self, paths: Iterable[Path]) -> None:
        """Hold paths back from now on; one that is held already keeps its deadline."""
        now = self._clock()
        for path in paths:
            if path not in self._held:
                self._held[path] = _Held(self._look(path), now, now)

    def release(self) -> Settled:
        """Let go what is calm, and what is over its deadline; call again after `wait` seconds."""
        now = self._clock()
        calm, restless = set(), set()
        excess = len(self._held) - MAX_HELD
        for index, (path, held) in enumerate(self._held.items()):
            if held.mark is None:
                calm.add(path)
            elif now - held.looked >= QUIET:
                mark, before = self._look(path), held.mark
                held.mark, held.looked = mark, now
                if mark is None or (mark == before and not (now - held.since < TORN and self._is_torn(path))):
                    calm.add(path)
            if path not in calm and (now - held.since >= LONGEST or index < excess):
                restless.add(path)
        for path in calm | restless:
            del self._held[path]
        return Settled(frozenset(calm), frozenset(restless))

    def wait(self) -> float | None:
        """Return after how many seconds there is something to let go; None while nothing is held."""
        now = self._clock()
        due = (
            held.looked if held.mark is None else min(held.looked + QUIET, held.since + LONGEST)
            for held in self._held.values()
        )
        return max(min(due) - now, 0.0) if self._held else None


def _look(path: Path) -> int | None:
    entry = look(str(path))
    return None if entry is None else entry.mark
