"""A folder into which a forwarder puts files: lines that are appended are followed, other files are read when whole."""

import hashlib
import json
import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError, ParseError
from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.parsers.exports import event_of_line
from iisight.watch.feeds.feed import Choose
from iisight.watch.feeds.ledger import Ledger, Once
from iisight.watch.feeds.opening import Identity, identity_of, open_shared
from iisight.watch.feeds.records import Records
from iisight.watch.feeds.splitting import Splitter
from iisight.watch.feeds.tail import Place, Tail, is_at, place_in
from iisight.watch.feeds.whole import Form, form_of_file, records_of

SCAN = 1.0  # seconds between looks at the folder
SETTLE = 2.0  # seconds without a change after which a file counts as whole
MAX_FILES = 2_000
MAX_DEPTH = 4  # folders below the one that is named
MAX_RECORDS = 250  # of a whole file at once
_HALF = (".tmp", ".part", ".partial", ".filepart")  # names that files have until they are whole


@dataclass(slots=True)
class _File:
    path: Path
    size: int
    changed: int  # nanoseconds
    since: float  # when it was seen to have changed last
    form: Form | None = None  # None: not known yet
    place: Place | None = None  # of a file of lines: up to where it was read
    is_done: bool = False  # as it is

    @property
    def mark(self) -> str:
        """Return what stands for a file as it is; its name may change."""
        return f"{self.size:x}.{self.changed:x}"


class Folder:
    """Follows a folder and those below it."""

    def __init__(self, name: str, path: Path, choose: Choose, *, from_start: bool, clock: Callable[[], float]) -> None:
        """Follow a folder; the first `poll` looks into it."""
        self.name = name
        self._path = path
        self._clock = clock
        self._ledger = Ledger()
        self._once = Once(self._ledger)
        self._records = Records(choose, self._ledger)
        self._files: dict[Identity, _File] = {}
        self._done: dict[str, str] = {}  # of another run: key of a file → its mark
        self._places: dict[Identity, Place] = {}  # of another run
        self._skips = not from_start
        self._work: deque[Identity] = deque()
        self._tail: Tail | None = None  # of the first in `_work`, when it is a file of lines
        self._whole: Iterator[Event | Lost] | None = None  # of the first in `_work`, when it is not
        self._taken = 0  # records of it
        self._begun: tuple[str, str, int] | None = None  # of another run: a whole file, and how much of it was taken
        self._next_scan: float | None = None

    @property
    def has_more(self) -> bool:
        """Tell whether there is something to read that was seen already."""
        return bool(self._work)

    def poll(self) -> tuple[Event, ...]:
        """Return what has come, of one file."""
        if self._next_scan is None or self._clock() >= self._next_scan:
            self._next_scan = self._clock() + SCAN
            self._scan()
        if not self._work:
            return ()
        key = self._work[0]
        file = self._files[key]
        try:
            return tuple(self._lines(key, file) if file.form is Form.LINES else self._records_of(key, file))
        except (OSError, EvidenceError, ParseError) as error:
            kind = GapKind.MALFORMED if isinstance(error, ParseError) else GapKind.UNREADABLE
            self._ledger.add(kind, str(file.path), getattr(error, "strerror", None) or str(error))
            self._finish()
            return ()

    def position(self) -> str:
        """Return what was read of which file."""
        places = {**self._places, **{key: f.place for key, f in self._files.items() if f.place is not None}}
        if self._tail is not None:
            places[self._tail.identity] = self._tail.place
        lines = [[p.device, p.inode, p.offset, p.check, p.encoding, p.skipping] for p in places.values()]
        done = {_key(k): f.mark for k, f in self._files.items() if f.is_done and k not in places}
        begun = [_key(self._work[0]), self._files[self._work[0]].mark, self._taken] if self._whole is not None else []
        return json.dumps({"lines": lines, "done": {**self._done, **done}, "whole": begun}, separators=(",", ":"))

    def resume(self, position: str) -> None:
        """Go on where another run stopped."""
        if not position:
            return
        self._skips = False
        try:
            held = json.loads(position)
            names = ("device", "inode", "offset", "check", "encoding", "skipping")
            places = [place_in(dict(zip(names, row, strict=True))) for row in held["lines"][:MAX_FILES]]
            self._places = {p.identity: p for p in places if p is not None}
            self._done = {str(key): str(mark) for key, mark in held["done"].items()}
            begun = held["whole"]
            self._begun = (str(begun[0]), str(begun[1]), int(begun[2])) if begun else None
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
            self._ledger.add(GapKind.MALFORMED, self.name, "the place where reading stopped is not readable")

    def gaps(self) -> tuple[Gap, ...]:
        """Return what was lost since this was called last."""
        return self._ledger.take()

    def describe(self) -> str:
        """Return what it is and how it stands."""
        records = self._records
        return f"{self.name}: {len(self._files):,} files, {records.lines:,} lines read, {records.events:,} of interest"

    def close(self) -> None:
        """Close what is open; places are kept."""
        if self._tail is not None:
            self._files[self._work[0]].place = self._tail.place
            self._tail.close()
            self._tail = None

    def _scan(self) -> None:
        """Look which files there are and which of them have changed."""
        found = self._listed()
        if found is None:
            return
        for key in [key for key in self._files if key not in found and key not in self._work]:
            del self._files[key]
        now = self._clock()
        for key, (path, info) in found.items():
            file = self._files.get(key) or self._new(key, path, info, now)
            file.path = path
            if (file.size, file.changed) != (info.st_size, info.st_mtime_ns):
                file.size, file.changed, file.since, file.is_done = info.st_size, info.st_mtime_ns, now, False
            if not file.is_done and file.size and key not in self._work and self._is_ready(file, now):
                self._work.append(key)
        self._done, self._places = {}, {}  # those that are still there have become files
        self._skips = False

    def _new(self, key: Identity, path: Path, info: os.stat_result, now: float) -> _File:
        file = _File(path, info.st_size, info.st_mtime_ns, now)
        place = self._places.pop(key, None)
        if place is not None:
            file.form, file.place = Form.LINES, place
        elif self._skips and info.st_size:
            file.form = _form(path)
            file.is_done = file.form is not Form.LINES
            file.place = None if file.is_done else _end_of(path)
        else:
            file.is_done = self._done.get(_key(key)) == file.mark
        self._files[key] = file
        return file

    def _is_ready(self, file: _File, now: float) -> bool:
        """Tell whether a file can be read: lines at once, anything else when it does not change any more."""
        is_settled = now - file.since >= SETTLE
        if file.form is not Form.LINES:
            file.form = _form(file.path)
        return file.form is Form.LINES or is_settled

    def _lines(self, key: Identity, file: _File) -> list[Event]:
        tail = self._tail = self._tail or self._opened(key, file)
        lines = tail.read()
        if lines is None:
            self._ledger.add(GapKind.MISSING, str(file.path), "was written anew: read from the start")
            file.place = None
            tail.close()
            self._tail = None
            return []
        if not lines and not tail.has_line and not tail.behind:
            is_settled = self._clock() - file.since >= SETTLE
            if is_settled and _is_record(tail):
                lines = tail.read(is_end=True) or []
            file.place = tail.place
            self._finish(is_done=is_settled or not tail.splitter.held)
        self._records.refused(tail.splitter, str(file.path))
        return self._records.read(lines, str(file.path))

    def _opened(self, key: Identity, file: _File) -> Tail:
        handle = open_shared(file.path)
        if identity_of(os.fstat(handle.fileno())) != key:
            handle.close()
            raise OSError("is another file now")
        if file.place is not None and not is_at(handle, file.place):
            self._ledger.add(GapKind.MISSING, str(file.path), "was written anew: read from the start")
            file.place = None
        return Tail(handle, file.place)

    def _records_of(self, key: Identity, file: _File) -> list[Event]:
        if self._whole is None:
            self._whole, self._taken = records_of(file.path), 0
            if self._begun is not None and self._begun[:2] == (_key(key), file.mark):
                self._taken = sum(1 for _ in islice(self._whole, self._begun[2]))
            self._begun = None
        some = list(islice(self._whole, MAX_RECORDS))
        self._taken += len(some)
        if len(some) < MAX_RECORDS:
            self._finish()
        for one in some:
            if isinstance(one, Lost):
                self._ledger.add(GapKind.MALFORMED, str(file.path), one.reason, max(one.count, 1))
        events = [one for one in some if isinstance(one, Event)]
        self._records.lines += len(some)
        self._records.events += len(events)
        return events

    def _finish(self, *, is_done: bool = True) -> None:
        """Go on with the next file; what came to this one meanwhile is seen at the next look."""
        self._files[self._work.popleft()].is_done = is_done
        if self._tail is not None:
            self._tail.close()
        self._tail = self._whole = None

    def _listed(self) -> dict[Identity, tuple[Path, os.stat_result]] | None:
        """Return the files, the oldest first; None when the folder cannot be read."""
        found: dict[Identity, tuple[Path, os.stat_result]] = {}
        left = deque([(self._path, 0)])
        while left:
            folder, depth = left.popleft()
            try:
                with os.scandir(folder) as entries:
                    for entry in islice(entries, 10 * MAX_FILES):
                        if entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
                            left.append((Path(entry.path), depth + 1))
                        self._list(entry, found)
            except OSError as error:
                self._once.tell(GapKind.UNREADABLE, str(folder), error.strerror or str(error))
                if not depth:
                    return None
            else:
                self._once.over(str(folder))
        return dict(sorted(found.items(), key=lambda item: (item[1][1].st_mtime_ns, item[1][0])))

    def _list(self, entry: "os.DirEntry[str]", found: dict[Identity, tuple[Path, os.stat_result]]) -> None:
        if entry.name.startswith(".") or entry.name.lower().endswith(_HALF):
            return
        try:
            info = os.stat(entry.path, follow_symlinks=False)  # noqa: PTH116  of the link, if it is one
        except OSError:
            return  # gone meanwhile
        if not stat.S_ISREG(info.st_mode):
            return
        if not info.st_ino:
            self._once.tell(GapKind.REFUSED, entry.path, "the file system gives files no number to know them by")
            return
        if len(found) >= MAX_FILES:
            self._once.tell(GapKind.REFUSED, self.name, f"more than {MAX_FILES:,} files: some are not read")
            return
        found[identity_of(info)] = Path(entry.path), info


def _form(path: Path) -> Form | None:
    try:
        return form_of_file(path)
    except OSError:
        return None


def _is_record(tail: Tail) -> bool:
    """Tell whether a last line without its end is whole: no record is the beginning of another."""
    splitter = Splitter(0, tail.splitter.encoding)
    splitter.add(tail.splitter.held)
    return any(isinstance(event_of_line(line.text, Locator("")), Event) for line in splitter.take(1, is_end=True))


def _end_of(path: Path) -> Place | None:
    try:
        tail = Tail(open_shared(path))
    except OSError:
        return None
    try:
        tail.go_to_end()
        return tail.place
    finally:
        tail.close()


def _key(identity: Identity) -> str:
    return hashlib.sha256(f"{identity[0]}:{identity[1]}".encode()).hexdigest()[:12]
