"""Waits for what is noticed of real files, with a deadline that is there for the test that fails alone."""

import ctypes
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from iisight.watch.notice import Note, NoteKind, Notices, Root
from iisight.watch.notice.feed import NoFeed
from iisight.watch.notice.listing import Entry, list_folder

DEADLINE = 60.0  # seconds; roots are looked for the more rarely the longer a look takes
IS_WINE = sys.platform == "win32" and hasattr(ctypes.CDLL("ntdll"), "wine_get_version")


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


Open = Callable[..., Collected]


@pytest.fixture
def watch() -> Iterator[Open]:
    """Start to notice changes; all that was started is ended with the test.

    On Windows nothing is found by listing, unless it is asked for (`swept`): what is noticed, the system told.
    """
    opened: list[Notices] = []

    def start(
        *roots: Path, recursive: bool = True, polled: bool = False, swept: bool = False, untold: str = ""
    ) -> Collected:
        feed = NoFeed() if polled else None
        is_seen = polled or swept or bool(untold) or sys.platform != "win32"
        lister = list_folder if is_seen else _see_nothing
        opened.append(Notices([Root(root, recursive) for root in roots], feed, lister, untold=lambda _: untold))
        return Collected(opened[-1])

    yield start
    for notices in opened:
        notices.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with a file and a folder in it."""
    (tmp_path / "root" / "bin").mkdir(parents=True)
    (tmp_path / "root" / "web.config").write_text("<configuration/>")
    return tmp_path / "root"


def _see_nothing(folder: str) -> Iterable[Entry]:
    return ()
