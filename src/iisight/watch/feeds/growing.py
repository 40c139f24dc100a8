"""A file that a forwarder appends lines to, followed through rotations by renaming and by cutting off."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from iisight.model.coverage import Gap, GapKind
from iisight.model.event import Event
from iisight.watch.feeds.feed import Choose
from iisight.watch.feeds.ledger import Ledger, Once
from iisight.watch.feeds.opening import identity_of, open_shared
from iisight.watch.feeds.records import Records
from iisight.watch.feeds.siblings import find_place, siblings
from iisight.watch.feeds.splitting import Line
from iisight.watch.feeds.tail import READ, Place, Tail, is_at, place_in, to_text

NOWHERE = Place(0, 0, 0)  # of a file that was not there when the watch looked: all of it is new
GRACE = 5.0  # seconds an old file is still read after its successor came, as long as that one is empty


class GrowingFile:
    """Follows one path."""

    def __init__(self, name: str, path: Path, choose: Choose, *, from_start: bool, clock: Callable[[], float]) -> None:
        """Follow a path; nothing is opened before the first `poll`. The file need not be there yet."""
        self.name = name
        self._path = path
        self._clock = clock
        self._ledger = Ledger()
        self._once = Once(self._ledger)
        self._records = Records(choose, self._ledger)
        self._tail: Tail | None = None
        self._reading = path  # what `_tail` reads: the path itself, or what was there before
        self._wanted: Place | None = None  # where to go on
        self._last: Place | None = None  # where reading stopped last, while nothing is open
        self._skips = not from_start  # whether what the first file holds is passed over
        self._queue: deque[tuple[Path, FileIO]] = deque()  # to be read from their starts, before the path itself
        self._since: float | None = None  # when another file was seen at the path
        self._may_have_more = False

    @property
    def has_more(self) -> bool:
        """Tell whether the last `poll` stopped at its bounds."""
        return self._may_have_more

    def poll(self) -> tuple[Event, ...]:
        """Return what was appended."""
        self._may_have_more = False
        try:
            if self._tail is None:
                self._open()
            if self._tail is None:
                return ()
            self._once.over(self.name)
            return tuple(self._read(self._tail))
        except OSError as error:
            self._once.tell(GapKind.UNREADABLE, self.name, error.strerror or str(error))
            return ()

    def position(self) -> str:
        """Return where the next `poll` goes on."""
        return to_text(self._tail.place if self._tail is not None else self._wanted or self._last)

    def resume(self, position: str) -> None:
        """Go on at a place, wherever a rotation has put it."""
        if not position:
            return
        try:
            self._wanted = place_in(json.loads(position))
        except (ValueError, RecursionError):
            self._wanted = None
        self._skips = False
        if self._wanted is None:
            self._ledger.add(GapKind.MALFORMED, self.name, "the place where reading stopped is not readable")

    def gaps(self) -> tuple[Gap, ...]:
        """Return what was lost since this was called last."""
        return self._ledger.take()

    def describe(self) -> str:
        """Return what it is and how it stands."""
        if self._tail is None:
            return f"{self.name}: not there yet"
        try:
            behind = self._tail.behind
        except OSError:
            behind = 0
        late = f", {behind:,} bytes behind" if behind else ""
        return f"{self.name}: {self._records.lines:,} lines read, {self._records.events:,} of interest{late}"

    def close(self) -> None:
        """Close files; the place is kept."""
        if self._tail is not None:
            self._wanted = self._tail.place
            self._tail.close()
            self._tail = None
        while self._queue:
            self._queue.popleft()[1].close()

    def _open(self) -> None:
        """Open what is to be read next, if there is anything."""
        if self._wanted is not None:
            self._find(self._wanted)
        elif self._queue:
            self._begin(*self._queue.popleft(), None)
        else:
            try:
                self._begin(self._path, open_shared(self._path), None)
            except FileNotFoundError:
                self._wait()

    def _begin(self, path: Path, file: FileIO, place: Place | None) -> None:
        self._tail = Tail(file, place)
        self._reading, self._since = path, None
        if self._skips:
            self._tail.go_to_end()
            self._skips = False

    def _wait(self) -> None:
        self._skips = False  # what comes later is new
        self._last = self._last or NOWHERE
        self._once.tell(GapKind.MISSING, self.name, "no such file yet")

    def _find(self, place: Place) -> None:
        """Go on at a place, if there is anything to read."""
        if (file := self._at(place)) is not None:
            self._begin(self._path, file, place)
        elif (old := find_place(place, siblings(self._path))) is not None:
            self._begin(old, open_shared(old), place)
        elif self._path.exists():
            if place != NOWHERE:
                reason = "where reading stopped is gone: read from the start; what was written meanwhile may be lost"
                self._ledger.add(GapKind.MISSING, self.name, reason)
            self._begin(self._path, open_shared(self._path), None)
        else:
            self._wait()
            return
        self._wanted = None

    def _at(self, place: Place) -> FileIO | None:
        """Return what is at the path now, if it has a place."""
        try:
            file = open_shared(self._path)
        except FileNotFoundError:
            return None
        is_same = identity_of(os.fstat(file.fileno())) == place.identity
        if is_at(file, place) and (is_same or place.offset > 0):
            return file
        file.close()
        return None

    def _read(self, tail: Tail) -> list[Event]:
        lines = tail.read()
        if lines is None:
            self._cut_off(tail)
            return []
        self._may_have_more = tail.has_line or tail.behind > 0
        if not lines and not self._may_have_more and self._is_over(tail):
            lines = tail.read(is_end=True) or []
            found = self._events(lines, tail)
            self._leave(tail)
            return found
        return self._events(lines, tail)

    def _events(self, lines: list[Line], tail: Tail) -> list[Event]:
        self._records.refused(tail.splitter, self.name)
        return self._records.read(lines, str(self._reading))

    def _is_over(self, tail: Tail) -> bool:
        """Tell whether nothing more will be written to the file that is read: another is in its place.

        What is written between the last reading and the look that sees the other is read once more before that counts.
        """
        try:
            now = os.stat(self._path)  # noqa: PTH116  one look for all
        except FileNotFoundError:
            return False  # renamed, and the new one is not there yet
        if identity_of(now) == tail.identity:
            self._reading, self._since = self._path, None
            return False
        if self._since is None:
            self._since = self._clock()
            self._may_have_more = True
            return False
        return now.st_size > 0 or bool(self._queue) or self._clock() - self._since > GRACE

    def _leave(self, tail: Tail) -> None:
        """Go on with the files that came after the one that was read to its end."""
        if not self._queue:
            self._queue.extend(self._later(tail))
        tail.close()
        self._tail, self._may_have_more = None, True
        if self._queue:
            self._begin(*self._queue.popleft(), None)
        else:
            self._wanted = tail.place

    def _later(self, tail: Tail) -> Iterator[tuple[Path, FileIO]]:
        """Yield what was rotated away since a file was written last, then what is at the path.

        That is opened before the others are looked for: whatever is rotated away meanwhile, none is left out.
        """
        try:
            last = open_shared(self._path)
        except FileNotFoundError:
            return
        present = identity_of(os.fstat(last.fileno()))
        for sibling in siblings(self._path):
            if sibling.changed < tail.changed or sibling.identity in (tail.identity, present):
                continue
            try:
                file = open_shared(sibling.path)
            except OSError:
                file = None
            if file is not None and identity_of(os.fstat(file.fileno())) == sibling.identity:
                yield sibling.path, file
            else:
                self._ledger.add(GapKind.MISSING, str(sibling.path), "was rotated away before it could be read")
        yield self._path, last

    def _cut_off(self, tail: Tail) -> None:
        """Read the rest in the copy that was made before the file was cut off, if there is one; then the file anew."""
        place = tail.place
        copy = find_place(place, [s for s in siblings(self._path) if s.identity != tail.identity])
        self._may_have_more = True
        if copy is not None and place.offset:
            self._tail, self._since = Tail(open_shared(copy), place), None
            self._queue.appendleft((self._reading, tail.file))
            self._reading = copy
        else:
            reason = "was cut off: what was written between the last look and then may be lost"
            self._ledger.add(GapKind.MISSING, str(self._reading), reason)
            self._tail = Tail(tail.file)


__all__ = ["GRACE", "READ", "GrowingFile"]
