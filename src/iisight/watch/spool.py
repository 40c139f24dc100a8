"""Events that mattered, kept for the next full scan: files in the shape that Winlogbeat writes, which any reader knows.

A record is written before its alerts are stored, so a watch that is killed between may write it twice, and never not
at all; logs fold what is alike.
"""

import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from iisight.model.event import Event
from iisight.telemetry.logs import Log, LogFormat

MAX_FILE = 16 * 1024 * 1024  # bytes of one file
MAX_TOTAL = 256 * 1024 * 1024  # bytes of all of them
MAX_AGE = 30 * 24 * 3600.0  # seconds
SPAN = 24 * 3600.0  # seconds of one file: the next begins, so that what is too old can go
_NAME = "events-{:08}.ndjson"
_BACK = 64 * 1024


class Spool:
    """A folder of such files, written by one process. Every method raises OSError."""

    def __init__(
        self,
        folder: Path,
        *,
        max_file: int = MAX_FILE,
        max_total: int = MAX_TOTAL,
        max_age: float = MAX_AGE,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Go on in a folder; a line that a killed watch has left half written is cut off."""
        self._folder = folder
        self._max_file, self._max_total, self._max_age = max_file, max_total, max_age
        self._today = today
        folder.mkdir(parents=True, exist_ok=True)
        files = self.files()
        self._number = _number(files[-1]) if files else 1
        self._file: BinaryIO | None = None
        self._begun: float | None = None  # POSIX time at which the file that is written was
        self.prune()

    def write(self, events: Iterable[Event]) -> None:
        """Append events; old files go when there are too many."""
        data = b"".join(map(encoded, events))
        if not data:
            return
        file = self._opened()
        if file.tell() and (file.tell() + len(data) > self._max_file or self._is_old()):
            self._begin_next()
            file = self._opened()
            self.prune()
        file.write(data)
        file.flush()  # to the system: what a killed process wrote stays

    def files(self) -> tuple[Path, ...]:
        """Return the files, the oldest first."""
        return tuple(sorted(path for path in self._folder.glob("events-*.ndjson") if _number(path) and path.is_file()))

    def logs(self) -> tuple[Log, ...]:
        """Return the files as logs that a scan reads."""
        found = ((path.resolve(), path.stat().st_size) for path in self.files())
        return tuple(Log(str(p), str(p), size, LogFormat.JSON, p) for p, size in found if size)

    def prune(self) -> None:
        """Delete what is too old or too much; the file that is written stays, unless nothing of it is newer."""
        now, left = self._today().timestamp(), self._max_total
        current = self._folder / _NAME.format(self._number)
        if current.exists() and now - current.stat().st_mtime > self._max_age:
            self._begin_next()
        for path in reversed(self.files()):
            info = path.stat()
            left -= info.st_size
            if _number(path) != self._number and (left < 0 or now - info.st_mtime > self._max_age):
                path.unlink()

    def close(self) -> None:
        """Close the file that is written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin_next(self) -> None:
        self.close()
        self._number += 1
        self._begun = self._today().timestamp()

    def _is_old(self) -> bool:
        """Tell whether the file that is written was begun more than a day ago."""
        if self._begun is None:
            self._begun = _first_time(self._folder / _NAME.format(self._number)) or self._today().timestamp()
        return self._today().timestamp() - self._begun > SPAN

    def _opened(self) -> BinaryIO:
        if self._file is None:
            path = self._folder / _NAME.format(self._number)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            self._file = os.fdopen(descriptor, "r+b")
            self._file.seek(_whole(self._file))
            self._file.truncate()
        return self._file


def encoded(event: Event) -> bytes:
    """Return an event as a line of Winlogbeat 7 and later: `parsers.exports` reads the same event of it.

    Where it came from goes along for the reader; its place is that of the line then. A field called `Data`, which no
    record of a log has but tables may, becomes `param1`.
    """
    held: dict[str, object] = {
        "provider_name": event.provider,
        "channel": event.channel,
        "event_id": event.id,
        "computer_name": event.computer,
        "record_id": event.record,
        "user": {"identifier": event.user},
        "process": {"pid": event.process},
        "event_data": dict(event.fields),
    }
    tree: dict[str, object] = {"winlog": held, "log": {"file": {"path": event.locator.path}}}
    if event.time is not None:
        tree["@timestamp"] = event.time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps(tree, separators=(",", ":")).encode("ascii") + b"\n"


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("events-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) == 8 else 0


def _first_time(path: Path) -> float | None:
    """Return when the first event of a file was, POSIX; None when it does not say."""
    try:
        with path.open("rb") as file:
            line = json.loads(file.readline(_BACK))
        return datetime.fromisoformat(line["@timestamp"]).timestamp()
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _whole(file: BinaryIO) -> int:
    """Return where the last line that ends does."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _BACK)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


__all__ = ["MAX_AGE", "MAX_FILE", "MAX_TOTAL", "Spool", "encoded"]
