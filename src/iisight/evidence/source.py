"""Where bytes come from: a case-insensitive view of Windows paths onto files. It knows nothing of IIS."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from iisight.evidence.paths import fold
from iisight.model.coverage import Gap

MAX_READ = 256 * 1024 * 1024  # bytes of one file that are ever read into memory


@dataclass(frozen=True, slots=True)
class File:
    """One file of the evidence."""

    path: str  # Windows path, spelled as the evidence spells it: `C:\\Windows\\System32\\inetsrv\\w3core.dll`
    size: int  # bytes
    modified: datetime | None  # aware, UTC
    origin: str  # its name inside the folder or archive, with `/`; empty for one made in memory


Reader = Callable[[File, int], bytes]
"""Return at most that many bytes from the start of the file; raises EvidenceError."""


class Source:
    """Files of the evidence by Windows path; paths in any case and spelling find the same file."""

    def __init__(self, name: str, files: Iterable[File], reader: Reader, gaps: Iterable[Gap] = ()) -> None:
        """Index `files`; the first of two files whose paths fold to the same wins."""
        raise NotImplementedError

    name: str  # what the evidence is called in a report
    gaps: tuple[Gap, ...]  # what could not be listed

    def find(self, path: str) -> File | None:
        """Return the file at a Windows path, or None."""
        raise NotImplementedError

    def has_folder(self, path: str) -> bool:
        """Tell whether the evidence holds any file below a folder."""
        raise NotImplementedError

    def below(self, folder: str) -> Iterator[File]:
        """Yield the files at any depth below a folder, in the order of their folded paths."""
        raise NotImplementedError

    def named(self, *names: str) -> Iterator[File]:
        """Yield every file with one of these base names (`web.config`), in the order of their folded paths."""
        raise NotImplementedError

    def ending(self, *suffixes: str) -> Iterator[File]:
        """Yield every file whose base name ends with one of these (`.dll`), in the order of their folded paths."""
        raise NotImplementedError

    def read(self, file: File, limit: int = MAX_READ) -> bytes:
        """Return the bytes of a file, at most `limit`; raises EvidenceError."""
        raise NotImplementedError


__all__ = ["MAX_READ", "File", "Reader", "Source", "fold"]
