"""What is watched, and what was noticed, as values."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from iisight.model.errors import IisightError


class NoticeError(IisightError):
    """What notices changes has failed, and would go on in silence."""


@dataclass(frozen=True, slots=True, order=True)
class Root:
    """A folder or a single file to be watched. It need not exist yet; a link is what it leads to."""

    path: Path
    recursive: bool = True  # a folder with all below it; False: a file, or a folder with what stands in it


class NoteKind(StrEnum):
    """What was learnt about the watching itself."""

    LOST = "lost"  # what was watched cannot be seen any more
    BACK = "back"  # it can be seen again
    POLLED = "polled"  # the system tells of no changes there: it is looked at from time to time
    REFUSED = "refused"  # a part of a root that cannot be looked into
    BOUND = "bound"  # there is more than is watched
    OVERFLOW = "overflow"  # the system lost notifications: everything is looked at anew


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One thing learnt about the watching itself."""

    kind: NoteKind
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was noticed in one burst. What is told may be more than what changed, and never less."""

    paths: frozenset[Path] = frozenset()  # created, written, renamed or gone; one that is gone stands for all below it
    whole: frozenset[Path] = frozenset()  # folders to be looked at anew with all below them
    notes: tuple[Note, ...] = ()

    def __bool__(self) -> bool:
        """Say whether anything was noticed."""
        return bool(self.paths or self.whole or self.notes)
