"""The database of a watch: opened so that neither kill -9 nor power loss hurts it, moved aside when it is damaged."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from iisight.model.errors import IisightError

BUSY_SECONDS = 10
MAX_LOG = 16 * 1024 * 1024  # bytes that the write-ahead log is cut back to
MIN_FREE = 256  # pages that stay free: they are soon used again
SHRINK = 1024  # pages that are given back at once
ASIDE = ".damaged"  # suffix of a damaged database; the next one replaces it, so that they do not fill the disk

_BESIDE = ("-wal", "-shm")  # https://sqlite.org/wal.html
_BROKEN = "SQLITE_IOERR"  # somebody took the file or its log away, or the disk is dying
_FULL = "SQLITE_FULL"
_DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})


class StoreError(IisightError):
    """The database cannot be read or written now: full disk, locked, no right. It may work later."""


class FullError(StoreError):
    """The disk has no room."""


class UnusableError(StoreError):
    """The connection will not work again: close every one to the database, and open it anew."""


class DamagedError(UnusableError):
    """The database is damaged."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that is ready; `damage` says why the one before it was moved aside, and where to."""

    connection: sqlite3.Connection
    damage: str = ""


def open_store(path: Path, create: Callable[[sqlite3.Connection], None]) -> Opened:
    """Open the database, made with `create` when it is not there; a damaged one is moved aside.

    `create` makes the tables that are not there, and does not commit. No other connection may be open when it is
    damaged, since Windows moves no open file: stop the delivery first, and start another one behind it. Raises
    StoreError when the path can neither be read nor made.
    """
    damage = ""
    try:
        return Opened(_ready(path, create))
    except DamagedError as error:
        damage = str(error)
    try:
        aside = _move_aside(path)
    except OSError as error:
        raise StoreError(f"{path}: damaged, and it cannot be moved aside: {error.strerror}") from error
    return Opened(_ready(path, create), f"{damage}; it is kept as {aside}")


def connect(path: Path, *, durable: bool = True) -> sqlite3.Connection:
    """Return one more connection to a database that is there; each thread needs its own.

    `durable`: what is committed outlives power loss, not only the end of this process. Raises StoreError.
    """
    with named(path):
        connection = _connected(path, "rw")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Commit all that is done inside, or nothing of it. Raises StoreError for what SQLite cannot do."""
    with named():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk ends it by itself: https://sqlite.org/lang_transaction.html
                connection.execute("ROLLBACK")
            raise


def shrink(connection: sqlite3.Connection) -> None:
    """Give some of the pages that are free back to the disk, outside of a transaction. Raises StoreError."""
    with named():
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        if free > MIN_FREE:
            # executescript: execute would do one step of it, and that is one page
            connection.executescript(f"PRAGMA incremental_vacuum({SHRINK})")


@contextmanager
def named(path: Path | None = None) -> Iterator[None]:
    """Raise what SQLite raises as StoreError, or as the kind of it that it is."""
    place = "" if path is None else f"{path}: "
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        damaged = name in _DAMAGED or name.startswith("SQLITE_CORRUPT_")
        other = UnusableError if name.startswith(_BROKEN) else FullError if name == _FULL else StoreError
        kind = DamagedError if damaged else other
        raise kind(f"{place}{error}") from error


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells one file from another in its place; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _ready(path: Path, create: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    with named(path):
        connection = _connected(path, "rwc")
        try:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # has an effect on a new file alone
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise DamagedError(f"{path}: {said}")
            with transaction(connection):
                create(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    """Connect; `rw` opens what is there, `rwc` makes it as well: https://sqlite.org/uri.html#recognized_query_parameters."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
    connection.execute(f"PRAGMA journal_size_limit={MAX_LOG}")
    return connection


def _move_aside(path: Path) -> Path:
    aside = path.with_name(path.name + ASIDE)
    path.replace(aside)
    for suffix in _BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside
