"""Waits for what is noticed of real files, with a deadline that is there for the test that fails alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from iisight.watch.notice import Note, NoteKind, Notices

DEADLINE = 10.0  # seconds


@dataclass
class Collected:
    """The union of batches."""

    notices: Notices
    paths: set[Path] = field(default_factory=set)
    whole: set[Path] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)
    batches: int = 0

    def until(self, is_enough: Callable[["Collected"], bool]) -> "Collected":
        """Take batches until there is enough; raises AssertionError at the deadline."""
        end = time.monotonic() + DEADLINE
        while not is_enough(self):
            assert time.monotonic() < end, f"not noticed: {self}"
            self.take(0.1)
        return self

    def until_quiet(self, seconds: float = 0.5) -> "Collected":
        """Take batches until none comes for some time."""
        while self.take(seconds):
            pass
        return self

    def take(self, seconds: float) -> bool:
        """Take one batch; say whether there was one."""
        batch = self.notices.wait(seconds)
        self.paths |= batch.paths
        self.whole |= batch.whole
        self.notes += batch.notes
        self.batches += bool(batch)
        return bool(batch)

    def has(self, path: Path) -> bool:
        """Say whether a path was told, by itself or by a folder that is to be looked at whole."""
        return path in self.paths or any(folder in self.whole for folder in (path, *path.parents))

    def has_note(self, kind: NoteKind, path: Path) -> bool:
        """Say whether there was a note of a kind about a path."""
        return any(note.kind is kind and note.path == path for note in self.notes)
