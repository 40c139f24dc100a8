"""What was read of files, kept in the state of a watch: the memory of `inventory`, on disk and bounded."""

import sqlite3
import zlib
from collections import OrderedDict

from iisight.evidence.paths import fold
from iisight.evidence.source import File
from iisight.inventory.memory import Reading
from iisight.model.config import Document
from iisight.model.examination import Examination

MAX_DOCUMENT = 32 * 1024**2  # bytes of a configuration file that is kept, before compression
MAX_PARSED = 4 * 1024**2  # bytes of files that are kept parsed in this process: parsed they take five times as much
MAX_READINGS = 256  # that are kept decoded in this process
_UNWANTED = b""


class Remembered:
    """The memory of a process; what is new is written with `flush`, which leaves the commit to its caller."""

    def __init__(self, connection: sqlite3.Connection, *, answers: bool = True, examined: bool = True) -> None:
        """Start with what the state has; without `answers` files are read anew, without `examined` examined anew."""
        self._connection = connection
        self._answers = answers
        self._examined = examined
        self._used: set[str] = set()  # SHA-256 of what was asked for
        self._parsed: OrderedDict[tuple[str, str], tuple[int, Document]] = OrderedDict()
        self._size = 0
        self._readings: OrderedDict[tuple[str, str], Reading] = OrderedDict()
        self._documents_new: dict[str, tuple[str, bytes]] = {}
        self._readings_new: dict[str, tuple[str, bytes]] = {}
        self._examinations_new: dict[str, bytes] = {}
        self._forgotten: set[str] = set()  # folded paths whose rows are not true any more
        self._unwanted: dict[str, str] = {}  # folded path → stamp of the state in which nobody wanted more of it
        self.untouched: frozenset[str] = frozenset()  # folded paths of files that are given changed: never kept
        self._recent_documents: dict[str, tuple[str, bytes]] = {}
        self._recent_readings: dict[str, tuple[str, bytes]] = {}
        if answers:
            self._load()

    def document(self, file: File) -> Document | None:
        """Return a configuration file as it was parsed."""
        key = fold(file.path), _stamp(file)
        known = self._parsed.get(key) if self._answers and key[0] not in self.untouched else None
        if known is None:
            return None
        self._parsed.move_to_end(key)
        return known[1]

    def keep_document(self, file: File, data: bytes, document: Document) -> None:
        """Keep a configuration file and its bytes."""
        path, stamp = fold(file.path), _stamp(file)
        if path in self.untouched:
            return
        if len(data) <= MAX_DOCUMENT:
            self._documents_new[path] = stamp, zlib.compress(data, 1)
        if not self._answers or len(data) > MAX_PARSED // 4:
            return
        self._parsed[path, stamp] = len(data), document
        self._size += len(data)
        while self._size > MAX_PARSED:
            _, (size, _) = self._parsed.popitem(last=False)
            self._size -= size

    def content(self, file: File) -> bytes | None:
        """Return the bytes that a configuration file had; None when they were not kept, or are of another state."""
        key, stamp = fold(file.path), _stamp(file)
        found: tuple[str, bytes] | None = self._documents_new.get(key)
        if found is None and key not in self._forgotten:
            found = self._connection.execute("SELECT stamp, body FROM documents WHERE path = ?", (key,)).fetchone()
        return zlib.decompress(found[1]) if found is not None and found[0] == stamp else None

    def keep_content(self, file: File, data: bytes) -> None:
        """Keep the bytes of a configuration file that is never given whole."""
        self._documents_new[fold(file.path)] = _stamp(file), zlib.compress(data, 1)

    def reading(self, file: File) -> Reading | None:
        """Return what was read of an executable file."""
        if not self._answers:
            return None
        key = fold(file.path), _stamp(file)
        if self._unwanted.get(key[0]) == key[1]:
            return Reading(None)
        known = self._readings.get(key)
        if known is not None:
            self._readings.move_to_end(key)
            return known
        new = self._readings_new.get(key[0])
        body = new[1] if new is not None and new[0] == key[1] else self._stored(key)
        if not body:
            return None
        return self._decoded(key, body)

    def keep_reading(self, file: File, reading: Reading) -> None:
        """Keep what was read of an executable file."""
        import msgspec

        key = fold(file.path), _stamp(file)
        if reading.binary is None:
            self._unwanted[key[0]] = key[1]
        body = _UNWANTED if reading.binary is None else msgspec.msgpack.encode(reading)
        self._readings_new[key[0]] = key[1], body

    def examination(self, sha256: str) -> Examination | None:
        """Return what was found in a content, judged with the catalogues."""
        import msgspec

        body = self._examinations_new.get(sha256)
        if body is None and self._examined:
            row = self._connection.execute("SELECT body FROM examinations WHERE sha256 = ?", (sha256,)).fetchone()
            body = None if row is None else row[0]
        if body is None:
            return None
        self._used.add(sha256)
        return msgspec.msgpack.decode(body, type=Examination)

    def keep_examination(self, sha256: str, examination: Examination) -> None:
        """Keep what was found in a content."""
        import msgspec

        self._examinations_new[sha256] = msgspec.msgpack.encode(examination)

    def forget(self, path: str) -> None:
        """Take nothing of a file for granted any more, whatever its size and time say."""
        key = fold(path)
        for known in [known for known in self._parsed if known[0] == key]:
            self._size -= self._parsed.pop(known)[0]
        for known in [known for known in self._readings if known[0] == key]:
            del self._readings[known]
        self._documents_new.pop(key, None)
        self._readings_new.pop(key, None)
        self._unwanted.pop(key, None)
        self._forgotten.add(key)

    def replace_all(self) -> None:
        """Write what this run read in place of everything that was kept before."""
        used = {*self._used, *self._examinations_new}
        kept = [row for row in self._connection.execute("SELECT sha256 FROM examinations") if row[0] not in used]
        self._connection.executemany("DELETE FROM examinations WHERE sha256 = ?", kept)
        self._connection.execute("DELETE FROM documents")
        self._connection.execute("DELETE FROM readings")
        self.flush()

    def flush(self) -> None:
        """Write what is new; `flushed` says that it is committed."""
        gone = [(key,) for key in self._forgotten]
        self._connection.executemany("DELETE FROM readings WHERE path = ?", gone)
        self._connection.executemany("DELETE FROM documents WHERE path = ?", gone)
        write = self._connection.executemany
        rows = ((path, stamp, body) for path, (stamp, body) in self._documents_new.items())
        write("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", rows)
        rows = ((path, stamp, body) for path, (stamp, body) in self._readings_new.items())
        write("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", rows)
        write("INSERT OR REPLACE INTO examinations VALUES (?, ?)", self._examinations_new.items())

    def flushed(self) -> None:
        """Let go of what was written, but for what a look at everything that is under way may overwrite."""
        self._recent_documents.update(self._documents_new)
        self._recent_readings.update(self._readings_new)
        self._documents_new, self._readings_new, self._examinations_new = {}, {}, {}
        self._forgotten = set()

    def overtaken(self) -> None:
        """Keep from now on what is written: a look at everything has begun, and will write what it read before."""
        self._recent_documents, self._recent_readings = {}, {}

    def renew(self) -> None:
        """Take over what a look at everything has written; what changed since it began is written again."""
        self._documents_new = {**self._recent_documents, **self._documents_new}
        self._readings_new = {**self._recent_readings, **self._readings_new}
        self._forgotten -= self._documents_new.keys() | self._readings_new.keys()
        self._load()

    def _load(self) -> None:
        rows = self._connection.execute("SELECT path, stamp FROM readings WHERE body = x''")
        self._unwanted = dict(rows)

    def _stored(self, key: tuple[str, str]) -> bytes | None:
        if key[0] in self._forgotten:
            return None
        row = self._connection.execute("SELECT stamp, body FROM readings WHERE path = ?", (key[0],)).fetchone()
        return row[1] if row is not None and row[0] == key[1] else None

    def _decoded(self, key: tuple[str, str], body: bytes) -> Reading:
        import msgspec

        reading = msgspec.msgpack.decode(body, type=Reading)
        self._readings[key] = reading
        if len(self._readings) > MAX_READINGS:
            self._readings.popitem(last=False)
        return reading


def _stamp(file: File) -> str:
    """Return what tells a state of a file from another, as far as its folder tells."""
    return f"{file.size} {'' if file.modified is None else file.modified.isoformat()}"
