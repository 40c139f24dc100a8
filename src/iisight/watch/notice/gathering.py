"""Gathers what is noticed into batches: one for a burst, none larger than a bound, however much comes."""

import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from iisight.watch.notice.batch import Batch, Note, NoteKind

QUIET = 0.02  # seconds without news that end a burst
LONGEST = 0.2  # seconds after which a burst is handed over although it goes on
MAX_PATHS = 1_000  # in a batch; beyond, folders stand for what is in them
MAX_NOTES = 200


class Gathering:
    """What was noticed since the last batch. Filled by several threads, emptied by one."""

    def __init__(self, most: int = MAX_PATHS) -> None:
        self._most = most
        self._paths: set[str] = set()
        self._whole: set[str] = set()
        self._notes: set[Note] = set()
        self._dropped_notes = 0
        self._last = 0.0
        self._woken = False
        self._changed = threading.Condition()

    def add(self, paths: Iterable[str] = (), whole: Iterable[str] = (), notes: Iterable[Note] = ()) -> None:
        """Take in what was noticed."""
        with self._changed:
            self._whole.update(whole)
            self._paths.update(paths)
            self._bound()
            for note in notes:
                if len(self._notes) < MAX_NOTES:
                    self._notes.add(note)
                else:
                    self._dropped_notes += note not in self._notes
            if self._has_some:
                self._last = time.monotonic()
                self._changed.notify_all()

    def wake(self) -> None:
        """Let `wait` return at once, now or the next time."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def wait(self, seconds: float) -> Batch:
        """Return the next burst, or an empty batch when the time is over or after `wake`."""
        with self._changed:
            self._changed.wait_for(lambda: self._woken or self._has_some, max(seconds, 0))
            if not self._has_some:
                self._woken = False
                return Batch()
            end = time.monotonic() + LONGEST
            while (left := min(self._last + QUIET, end) - time.monotonic()) > 0 and not self._woken:
                self._changed.wait(left)
            self._woken = False
            return self._take()

    @property
    def _has_some(self) -> bool:
        return bool(self._paths or self._whole or self._notes)

    def _take(self) -> Batch:
        whole = _outermost(self._whole)
        paths = frozenset(Path(path) for path in self._paths if not _is_within(path, whole))
        notes = sorted(self._notes)
        if self._dropped_notes:
            notes.append(Note(NoteKind.BOUND, Path(), f"{self._dropped_notes:,} more notes of this kind were not kept"))
        self._paths, self._whole, self._notes, self._dropped_notes = set(), set(), set(), 0
        return Batch(paths, frozenset(map(Path, whole)), tuple(notes))

    def _bound(self) -> None:
        """Fold paths into their folders, and folders into those above, until there are few enough."""
        if len(self._paths) > self._most:
            self._paths = {path for path in self._paths if not _is_within(path, self._whole)}
        if len(self._paths) > self._most:
            self._whole.update(os.path.dirname(path) for path in self._paths)  # noqa: PTH120
            self._paths = set()
        if len(self._whole) > self._most:
            self._whole = _outermost(self._whole)
        while len(self._whole) > self._most:
            shorter = {os.path.dirname(path) for path in self._whole}  # noqa: PTH120
            if shorter == self._whole:
                return  # so many drives
            self._whole = shorter


def _outermost(folders: set[str]) -> set[str]:
    return {folder for folder in folders if not any(above in folders for above in above_all(folder))}


def _is_within(path: str, folders: set[str]) -> bool:
    return path in folders or any(above in folders for above in above_all(path))


def above_all(path: str) -> Iterator[str]:
    """Return the folders above a path, the nearest first."""
    while (folder := os.path.dirname(path)) != path:  # noqa: PTH120  pathlib costs ten times as much, and this is done for every path
        yield folder
        path = folder
