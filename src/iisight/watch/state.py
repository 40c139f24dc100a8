"""What a watch keeps on disk: one SQLite file, so that alerts, what was told and where feeds stand change together.

Every function that writes leaves the commit to its caller: a process that is killed leaves what was committed last.
"""

import json
import sqlite3
import zlib
from pathlib import Path

from iisight.model.errors import UsageError
from iisight.watch import queue, told
from iisight.watch.database import FullError, Opened, StoreError, UnusableError, open_store
from iisight.watch.programs import Programs

FILE_NAME = "watch.sqlite"
VERSION = "2"
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID
---
CREATE TABLE IF NOT EXISTS reports (generation INTEGER PRIMARY KEY, body BLOB NOT NULL)
---
CREATE TABLE IF NOT EXISTS programs (generation INTEGER PRIMARY KEY, body BLOB NOT NULL)
---
CREATE TABLE IF NOT EXISTS documents (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID
---
CREATE TABLE IF NOT EXISTS readings (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID
---
CREATE TABLE IF NOT EXISTS examinations (sha256 TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID
"""


def open_state(folder: Path) -> Opened:
    """Open the state below a folder, made when it is not there.

    Raises UsageError when it cannot be used, FullError or UnusableError when the disk does not let it be opened now.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = open_store(folder / FILE_NAME, create)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror or error}") from error
    except (FullError, UnusableError):
        raise
    except StoreError as error:
        raise UsageError(str(error)) from error
    version = fact(opened.connection, "version")
    if version != VERSION:
        raise UsageError(f"{folder}: the state is of version {version}, this iisight keeps {VERSION}")
    return opened


def create(connection: sqlite3.Connection) -> None:
    queue.create(connection)
    for statement in (*_TABLES.split("---"), *told.TABLE.split("---")):
        connection.execute(statement)
    connection.execute("INSERT OR IGNORE INTO facts VALUES ('version', ?)", (VERSION,))
    told.settle(connection)


def fact(connection: sqlite3.Connection, name: str) -> str:
    """Return a fact, empty when there is none."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return "" if row is None else str(row[0])


def keep_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Keep a fact."""
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def generation(connection: sqlite3.Connection) -> int:
    """Return the number of the report that changes are told against; 0: there is none yet."""
    return int(fact(connection, "generation") or 0)


def report(connection: sqlite3.Connection, number: int) -> bytes | None:
    """Return the report of a generation as JSON."""
    row = connection.execute("SELECT body FROM reports WHERE generation = ?", (number,)).fetchone()
    return None if row is None else zlib.decompress(row[0])


def keep_report(connection: sqlite3.Connection, number: int, body: bytes) -> None:
    """Keep the report of a generation that is not in use yet."""
    connection.execute("INSERT OR REPLACE INTO reports VALUES (?, ?)", (number, zlib.compress(body, 1)))


def programs(connection: sqlite3.Connection, number: int) -> Programs | None:
    """Return the programs of a generation; None when they were not kept."""
    row = connection.execute("SELECT body FROM programs WHERE generation = ?", (number,)).fetchone()
    return None if row is None else {key: (path, said) for key, path, said in json.loads(zlib.decompress(row[0]))}


def keep_programs(connection: sqlite3.Connection, number: int, found: Programs | None) -> None:
    """Keep the programs of a generation that is not in use yet, if they are known."""
    if found is None:
        return
    body = json.dumps([(key, path, said) for key, (path, said) in found.items()]).encode()
    connection.execute("INSERT OR REPLACE INTO programs VALUES (?, ?)", (number, zlib.compress(body, 1)))


def advance(connection: sqlite3.Connection, number: int, turn: int, seen: told.Seen) -> None:
    """Tell changes against another report from now on, of a look begun at a turn, with what that saw."""
    keep_fact(connection, "generation", str(number))
    connection.execute("DELETE FROM reports WHERE generation <> ?", (number,))
    connection.execute("DELETE FROM programs WHERE generation <> ?", (number,))
    told.forget(connection, turn, seen)
