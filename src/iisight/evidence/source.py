"""Where bytes come from: a case-insensitive view of Windows paths onto files. It knows nothing of IIS."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import BinaryIO

from iisight.evidence.paths import fold
from iisight.model.coverage import Gap, GapKind

MAX_READ = 256 * 1024 * 1024  # bytes of one file that are ever read into memory
_PIECE = 1024**2  # bytes read at once
MAX_FILES = 2_000_000  # files of one source that are ever listed


@dataclass(frozen=True, slots=True)
class File:
    """One file of the evidence."""

    path: str  # Windows path, spelled as the evidence spells it: `C:\\Windows\\System32\\inetsrv\\w3core.dll`
    size: int  # bytes
    modified: datetime | None  # aware, UTC
    origin: str  # its name inside the folder or archive, with `/`; empty for one made in memory


Opener = Callable[[File], BinaryIO]
"""Open a file to be read forwards from its start, whatever its size; opening and reading raise EvidenceError."""


class Source:
    """Files of the evidence by Windows path; paths in any case and spelling find the same file."""

    def __init__(
        self,
        name: str,
        files: Iterable[File],
        opener: Opener,
        gaps: Iterable[Gap] = (),
        mount: str = "",
        place: Path | None = None,
        to_path: Callable[[str], str] | None = None,
    ) -> None:
        """Index `files`; of two whose paths fold to the same the one whose path is smaller as text wins."""
        self.name = name  # what the evidence is called in a report
        self.mount = mount  # how its names were mapped to Windows paths, one sentence
        self.place = place  # the folder its origins are in, or the archive; None for one made in memory
        self.to_path = to_path  # from the origin of a file, there or not, to its Windows path; None: not known
        self.roots: tuple[str, ...] = ()  # folders of the evidence that stand for Windows folders, each with that one
        self.asked: frozenset[str] = frozenset()  # folders of a live machine that were listed, or are not there; folded
        self._opener = opener
        self._by_name: array[int] | None = None
        self._by_suffix: dict[tuple[str, ...], array[int]] = {}
        remaining = iter(files)
        self._files = list(islice(remaining, MAX_FILES))
        refused = sum(1 for _ in remaining)
        self._keys = [fold(file.path) for file in self._files]
        self.gaps = (*gaps, *_too_many(name, refused), *self._sort())  # what could not be listed

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self._files)

    @cached_property
    def newest(self) -> datetime | None:
        """Return when the newest file was written: the evidence was taken then or later."""
        return max((file.modified for file in self._files if file.modified is not None), default=None)

    def find(self, path: str) -> File | None:
        """Return the file at a Windows path, or None."""
        key = fold(path)
        index = bisect_left(self._keys, key)
        return self._files[index] if self._keys[index : index + 1] == [key] else None

    def has_folder(self, path: str) -> bool:
        """Tell whether the evidence holds any file below a folder."""
        return len(self._range(path)) > 0

    def covers(self, folder: str) -> bool:
        """Tell whether all files of a folder were asked for: what the evidence does not hold of it is not there."""
        return fold(folder) in self.asked

    def below(self, folder: str) -> Iterator[File]:
        """Yield the files at any depth below a folder, in the order of their folded paths."""
        return (self._files[index] for index in self._range(folder))

    def named(self, *names: str) -> Iterator[File]:
        """Yield every file with one of these base names (`web.config`), in the order of their folded paths."""
        if self._by_name is None:
            self._by_name = array("L", sorted(range(len(self._keys)), key=self._base_name))
        found: list[int] = []
        for name in {fold(name) for name in names}:
            start = bisect_left(self._by_name, name, key=self._base_name)
            for index in islice(self._by_name, start, None):
                if self._base_name(index) != name:
                    break
                found.append(index)
        return (self._files[index] for index in sorted(found))

    def ending(self, *suffixes: str) -> Iterator[File]:
        """Yield every file whose base name ends with one of these (`.dll`), in the order of their folded paths."""
        wanted = tuple(sorted({suffix.lower() for suffix in suffixes}))
        if wanted not in self._by_suffix:
            self._by_suffix[wanted] = array("L", (i for i, key in enumerate(self._keys) if key.endswith(wanted)))
        return (self._files[index] for index in self._by_suffix[wanted])

    def read(self, file: File, limit: int = MAX_READ) -> bytes:
        """Return the bytes of a file, at most `limit`; raises EvidenceError."""
        left = max(0, min(limit, MAX_READ))
        parts: list[bytes] = []
        with self._opener(file) as stream:
            while left > 0 and (part := stream.read(min(left, _PIECE))):
                parts.append(part)
                left -= len(part)
        return b"".join(parts)

    def open(self, file: File) -> BinaryIO:
        """Return a file to be read forwards, of any size; it and its `read` raise EvidenceError."""
        return self._opener(file)

    def changed(self, files: Mapping[str, File | None]) -> "Source":
        """Return the same source with some files as they are now, by Windows path; None: it is not there any more."""
        came = {fold(path): file for path, file in files.items()}
        kept = [i for i, key in enumerate(self._keys) if key not in came]
        entries = [(self._keys[i], self._files[i]) for i in kept]
        entries += [(key, file) for key, file in came.items() if file is not None]
        entries.sort(key=lambda entry: entry[0])
        return self._derived([key for key, _ in entries], [file for _, file in entries])

    def without(self, folders: Iterable[str], unwanted: Callable[[str], bool] | None = None) -> "Source":
        """Return the same source without what is below some folders, and without files of `unwanted` folded paths."""
        keep = bytearray(b"\x01") * len(self._keys)
        for folder in folders:
            span = self._range(folder)
            keep[span.start : span.stop] = bytes(len(span))
        wanted = [i for i in range(len(keep)) if keep[i] and not (unwanted is not None and unwanted(self._keys[i]))]
        return self._derived([self._keys[i] for i in wanted], [self._files[i] for i in wanted])

    def through(self, wrap: Callable[[Opener], Opener]) -> "Source":
        """Return the same source whose files are opened by what `wrap` makes of its opener."""
        source = self._derived(self._keys, self._files)
        source._opener = wrap(self._opener)  # noqa: SLF001  of the same class
        return source

    def _derived(self, keys: list[str], files: list[File]) -> "Source":
        """Return a source like this one over other files, which are in the order of their keys."""
        source = Source(self.name, (), self._opener, self.gaps, self.mount, self.place, self.to_path)
        source._keys, source._files, source.asked, source.roots = keys, files, self.asked, self.roots
        return source

    def _sort(self) -> tuple[Gap, ...]:
        """Bring keys and files into the order of the keys; of equal keys the smallest path stays, however listed."""
        keys, files = self._keys, self._files
        order = sorted(range(len(keys)), key=lambda i: (keys[i], files[i].path, files[i].origin))
        twins = [i for last, i in pairwise(order) if keys[last] == keys[i]]
        dropped = set(twins)
        self._files = [files[i] for i in order if i not in dropped]
        self._keys = [keys[i] for i in order if i not in dropped]
        if not twins:
            return ()
        reason = "another file of the evidence has the same Windows path; the first was read"
        return (Gap(GapKind.REFUSED, files[twins[0]].path, reason, len(twins)),)

    def _range(self, folder: str) -> range:
        key = fold(folder)
        if not key:
            return range(len(self._keys))
        start = bisect_left(self._keys, key + "\\")
        return range(start, bisect_left(self._keys, key + "]", start))  # `]` comes right after the separator

    def _base_name(self, index: int) -> str:
        return self._keys[index].rpartition("\\")[2]


def _too_many(name: str, refused: int) -> tuple[Gap, ...]:
    reason = f"more than {MAX_FILES:,} files; the rest was not listed"
    return (Gap(GapKind.REFUSED, name, reason, refused),) if refused else ()


__all__ = ["MAX_FILES", "MAX_READ", "File", "Opener", "Source", "fold"]
