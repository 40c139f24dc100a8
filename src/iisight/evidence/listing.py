"""What folder and archive sources share: gaps folded by reason, budgets, and the way from a listing to a Source."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from iisight.evidence.mount import Mount
from iisight.evidence.names import windows_part
from iisight.evidence.shape import CONFIG, EXPRESS, recognise
from iisight.evidence.sniff import is_express
from iisight.evidence.source import File, Opener, Source
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError

BUDGET = 64 * 1024**3  # bytes that are decompressed for one source; event logs have several gigabytes
FREE = 16 * 1024**2  # bytes that may come out at any ratio
MAX_RATIO = 200  # bytes out of one byte in; text logs reach about 50
MAX_FOLDED = 64  # different gaps of one source
MAX_NAME = 32 * 1024  # characters of one name; a Windows path has at most 32,767
MAX_NAMES = 256 * 1024**2  # bytes of all names of one source
MAX_SUBJECT = 1024  # characters of a name that a gap tells


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the evidence lists it."""

    origin: str
    size: int
    modified: datetime | None


class Gaps:
    """Gaps of one source, folded by kind and reason; the subject is the first one's."""

    def __init__(self) -> None:
        """Start without gaps."""
        self._folded: dict[tuple[GapKind, str], tuple[str, int]] = {}

    def add(self, kind: GapKind, subject: str, reason: str) -> None:
        """Count one thing that is not read."""
        subject = subject if len(subject) <= MAX_SUBJECT else f"{subject[:MAX_SUBJECT]}…"
        key = (kind, reason)
        if key not in self._folded and len(self._folded) >= MAX_FOLDED:
            key = (kind, "other reasons")
        first, count = self._folded.get(key, (subject, 0))
        self._folded[key] = (first, count + 1)

    def all(self) -> tuple[Gap, ...]:
        """Return the gaps in order."""
        return tuple(sorted(Gap(kind, s, reason, n) for (kind, reason), (s, n) in self._folded.items()))


class Budget:
    """How many bytes may still be decompressed."""

    def __init__(self, left: int = BUDGET) -> None:
        """Start with `left` bytes."""
        self._left = left

    def take(self, count: int) -> None:
        """Spend `count` bytes; raises EvidenceError when they are used up."""
        self._left -= count
        if self._left < 0:
            raise EvidenceError("the budget for decompressing this evidence is used up")


class Names:
    """How many bytes of names may still be kept."""

    def __init__(self) -> None:
        """Start with room for MAX_NAMES bytes."""
        self._left = MAX_NAMES

    def problem(self, name: str) -> str | None:
        """Make room for a name; return why there is none, or None."""
        if len(name) > MAX_NAME:
            return f"a name of more than {MAX_NAME:,} characters"
        self._left -= len(name) * (1 if name.isascii() else 4)  # what one character may take in memory
        return f"names of more than {MAX_NAMES:,} bytes; the rest was not listed" if self._left < 0 else None


def check_ratio(subject: str, taken: int, given: int) -> None:
    """Raise EvidenceError when `given` bytes came out of `taken`, as from a decompression bomb."""
    if given > FREE and given > MAX_RATIO * max(taken, 1):
        raise EvidenceError(f"{subject}: expands more than {MAX_RATIO} times; taken for a decompression bomb")


def to_source(name: str, listed: Sequence[Listed], opener: Opener, gaps: Gaps, place: Path | None) -> Source:
    """Map the files of a listing to Windows paths and return the source of them."""
    mount = recognise(
        (item.origin for item in listed), str(place.absolute()) if place is not None and place.is_dir() else ""
    )
    if not listed:
        gaps.add(GapKind.MISSING, windows_part(name), "no file in it")

    def mapped(mount: Mount) -> Source:
        files: Iterable[File] = (File(mount.path(i.origin), i.size, i.modified, i.origin) for i in listed)
        source = Source(name, files, opener, (*gaps.all(), *mount.gaps), mount.shape, place, mount.path)
        source.roots = tuple(f"{folder}={prefix}" for prefix, _, folder in mount.roots)
        return source

    source, moved = mapped(mount), mount.moved(CONFIG, EXPRESS)
    file = source.find(rf"{CONFIG}\applicationHost.config") if moved is not mount else None
    return mapped(moved) if file is not None and is_express(source, file) else source


def to_time(seconds: float) -> datetime | None:
    """Return an aware UTC time; None for one that no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
