"""One file that grows, read through an open handle: where reading stands, and whether what was read is still there."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from io import FileIO

from iisight.watch.feeds.opening import Identity, identity_of
from iisight.watch.feeds.splitting import ENCODINGS, Line, Splitter, line_start

READ = 256 * 1024  # bytes read at once
MAX_LINES = 2_000  # taken at once
SEEN = 256  # bytes before a place that tell it again
_BACK = 64 * 1024  # bytes from the end in which the start of the last line is sought
_HEAD = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two lines of a file, found again after a restart, a renaming or a copy."""

    device: int
    inode: int
    offset: int
    check: str = ""  # digest of up to SEEN bytes before it
    encoding: str = ""
    skipping: bool = False  # in the midst of a line that is too long

    @property
    def identity(self) -> Identity:
        """Return whose place it is."""
        return self.device, self.inode


def to_text(place: Place | None) -> str:
    """Return a place as JSON; empty for none."""
    return "" if place is None else json.dumps(asdict(place), separators=(",", ":"))


def place_in(value: object) -> Place | None:
    """Return the place that a JSON value is, None for anything else."""
    if not isinstance(value, dict):
        return None
    numbers = [n for name in ("device", "inode", "offset") if type(n := value.get(name)) is int and n >= 0]
    texts = [t for name in ("check", "encoding") if isinstance(t := value.get(name, ""), str)]
    if len(numbers) < 3 or len(texts) < 2 or texts[1] not in ("", *ENCODINGS):
        return None
    device, inode, offset = numbers
    return Place(device, inode, offset, texts[0], texts[1], bool(value.get("skipping")))


class Tail:
    """Reads lines of a file as they come. Every method raises OSError."""

    def __init__(self, file: FileIO, place: Place | None = None) -> None:
        """Stand at a place of the file, or at its start."""
        self.file = file
        place = place or Place(0, 0, 0)
        self.splitter = Splitter(place.offset, place.encoding, is_skipping=place.skipping)
        self._before = self._at(max(0, self.splitter.offset - SEEN), min(self.splitter.offset, SEEN))
        self.identity = identity_of(os.fstat(file.fileno()))

    @property
    def place(self) -> Place:
        """Return the place behind the last line that was taken."""
        splitter = self.splitter
        return Place(*self.identity, splitter.offset, digest(self._before), splitter.encoding, splitter.is_skipping)

    @property
    def size(self) -> int:
        """Return how large the file is now."""
        return os.fstat(self.file.fileno()).st_size

    @property
    def changed(self) -> int:
        """Return when the file was written last, in nanoseconds."""
        return os.fstat(self.file.fileno()).st_mtime_ns

    @property
    def behind(self) -> int:
        """Return how many bytes there are that were not read."""
        return max(0, self.size - self._read)

    @property
    def has_line(self) -> bool:
        """Tell whether a line was read and not taken yet."""
        return self.splitter.has_line

    def go_to_end(self) -> None:
        """Pass over what is there, up to the start of the last line."""
        size = self.size
        start = max(0, size - _BACK) // 2 * 2
        first = Splitter()
        first.add(self._at(0, _HEAD))
        first.take(0, is_end=True)
        data, encoding = self._at(start, _BACK + 2), first.encoding
        found = line_start(data, encoding) if encoding else 0
        place = max(start + found, first.offset) if found >= 0 else start + len(data) // 2 * 2
        self.splitter = Splitter(place, encoding, is_skipping=found < 0 and start > 0)
        if found < 0 and start == 0:
            self.splitter = Splitter(first.offset, encoding)
        self._before = self._at(max(0, self.splitter.offset - SEEN), min(self.splitter.offset, SEEN))

    def read(self, *, is_end: bool = False) -> list[Line] | None:
        """Return lines that have come; at the end of the file also a last one that does not end.

        None when what was read before is not there any more: the file was cut off, or written anew.
        """
        begun, data = self.splitter.offset, b""
        if not self.has_line:
            data = self._at(self._read, READ)
            if not self._is_intact():  # asked afterwards: what was read is of the file as it was
                return None
        held = self.splitter.held + data
        self.splitter.add(data)
        lines = self.splitter.take(MAX_LINES, is_end=is_end)
        self._before = (self._before + held[: self.splitter.offset - begun])[-SEEN:]
        return lines

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    @property
    def _read(self) -> int:
        return self.splitter.offset + len(self.splitter.held)

    def _is_intact(self) -> bool:
        """Tell whether what was read last still stands there, as it does while a file only grows."""
        known = self._before + self.splitter.held[:SEEN]
        start = self.splitter.offset - len(self._before)
        return self.size >= self._read and self._at(start, len(known)) == known

    def _at(self, offset: int, count: int) -> bytes:
        """Return bytes of the file; fewer at its end."""
        self.file.seek(offset)
        found = b""
        while len(found) < count and (data := self.file.read(count - len(found))):
            found += data
        return found


def is_at(file: FileIO, place: Place) -> bool:
    """Tell whether a file has a place: is long enough, with the same bytes before it."""
    if not place.offset:
        return True
    if os.fstat(file.fileno()).st_size < place.offset:
        return False
    count = min(place.offset, SEEN)
    file.seek(place.offset - count)
    return digest(file.read(count) or b"") == place.check


def digest(data: bytes) -> str:
    """Return what stands for the bytes before a place."""
    return hashlib.sha256(data).hexdigest()[:24]
