"""Alerts on their way: kept on disk until every sink has taken them, or until they are too many.

The functions work on a connection, inside the caller's transaction, and never commit: the watch stores its alerts and
what it has seen in one step. Every sink has a cursor, the number of the last alert it took. Numbers run without gaps.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from iisight.model.alert import Alert, AlertKind
from iisight.model.finding import Severity
from iisight.watch.ids import alert_id

MAX_BATCH = 100  # alerts read at once
MAX_BATCH_SIZE = 1024 * 1024  # bytes read at once, but for one alert that is larger
SLACK = 10  # one tenth of the bounds is dropped at once, so that what is said of it is a trickle

_TABLES = """
CREATE TABLE IF NOT EXISTS queue_end (
  one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, last INTEGER NOT NULL, size INTEGER NOT NULL)
---
CREATE TABLE IF NOT EXISTS queue_alert (
  number INTEGER PRIMARY KEY, size INTEGER NOT NULL, time TEXT NOT NULL, body BLOB NOT NULL)
---
CREATE TABLE IF NOT EXISTS queue_id (id TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID
---
CREATE INDEX IF NOT EXISTS queue_id_number ON queue_id (number)
---
CREATE TABLE IF NOT EXISTS queue_sink (
  name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, size INTEGER NOT NULL, dropped INTEGER NOT NULL DEFAULT 0)
"""
# `size` is that of all alerts ever put up to there: the difference of two is what lies between them.


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait for the slowest sink, and how many ids are known after their alerts are delivered."""

    alerts: int = 1_000_000
    size: int = 512 * 1024 * 1024  # bytes
    ids: int = 200_000


@dataclass(frozen=True, slots=True)
class Pending:
    """What comes next for a sink, in order; `last` is the number of the last of them, the cursor when they are none."""

    alerts: tuple[Alert, ...]
    last: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a sink stands."""

    waiting: int  # alerts
    dropped: int  # ever, because it was too far behind


DEFAULT = Bounds()


def create(connection: sqlite3.Connection) -> None:
    """Make the tables that are not there."""
    for statement in _TABLES.split("---"):
        connection.execute(statement)
    connection.execute("INSERT OR IGNORE INTO queue_end VALUES (1, ?, 0, 0)", (secrets.token_hex(8),))


def put(connection: sqlite3.Connection, alerts: Iterable[Alert], bounds: Bounds = DEFAULT) -> int:
    """Add alerts in their order and return how many were new; one whose id is known is not put again.

    When too much waits, the oldest are dropped, and an alert says so. Raises sqlite3.Error, which
    `database.transaction` names, and which ends the transaction: nothing of it is kept.
    """
    added = _insert(connection, alerts)
    if added:
        _insert(connection, _drop(connection, bounds, added[-1]))
    return len(added)


def enlist(connection: sqlite3.Connection, names: Sequence[str]) -> None:
    """Say which sinks there are. One that is new gets all that any sink before it has not taken yet.

    Sinks that are not named hold nothing back any more. No names: nothing changes.
    """
    known = {row[0]: row[1:] for row in connection.execute("SELECT name, cursor, size FROM queue_sink")}
    start = min(known.values(), default=None) or _before_first(connection)
    new = [(name, *start) for name in names if name not in known]
    connection.executemany("INSERT INTO queue_sink (name, cursor, size) VALUES (?, ?, ?)", new)
    if names:
        connection.executemany("DELETE FROM queue_sink WHERE name = ?", [(n,) for n in known if n not in names])


def name_of(connection: sqlite3.Connection) -> str:
    """Return what tells this queue from the one that replaces it when it is damaged."""
    (name,) = connection.execute("SELECT name FROM queue_end").fetchone()
    return str(name)


def pending(connection: sqlite3.Connection, sink: str, after: int | None = None) -> Pending:
    """Return the next alerts for a sink: after its cursor, or after the alert of number `after` when that is later.

    Raises LookupError when the sink is not enlisted. In place of an alert that cannot be read comes one that says so.
    """
    row = connection.execute(
        "SELECT cursor, q.name FROM queue_sink s, queue_end q WHERE s.name = ?", (sink,)
    ).fetchone()
    if row is None:
        raise LookupError(sink)
    last, queue = max(row[0], after or 0), row[1]
    alerts: list[Alert] = []
    size = 0
    rows = connection.execute(
        "SELECT number, time, body FROM queue_alert WHERE number > ? ORDER BY number LIMIT ?", (last, MAX_BATCH)
    )
    for number, time, body in rows:
        size += len(body)
        if alerts and size > MAX_BATCH_SIZE:
            break
        alerts.append(_read(queue, number, time, body))
        last = number
    return Pending(tuple(alerts), last)


def advance(connection: sqlite3.Connection, sink: str, number: int, bounds: Bounds = DEFAULT) -> None:
    """Move a sink's cursor to the last alert it took, never back; what all have taken is deleted."""
    _move(connection, sink, number)
    _prune(connection, bounds)


def standing(connection: sqlite3.Connection, sink: str) -> Standing:
    """Return how many alerts wait for a sink and how many were dropped."""
    row = connection.execute(
        "SELECT (SELECT last FROM queue_end) - cursor, dropped FROM queue_sink WHERE name = ?", (sink,)
    ).fetchone()
    return Standing(*row) if row else Standing(0, 0)


def own_alert(time: datetime, host: str, message: str, *parts: object, severity: Severity = Severity.HIGH) -> Alert:
    """Return an alert of kind coverage about the watch itself; `parts` tell it from others, and make its id."""
    return Alert(alert_id(*parts), time, host, AlertKind.COVERAGE, severity, message)


def _insert(connection: sqlite3.Connection, alerts: Iterable[Alert]) -> list[Alert]:
    """Add alerts and return those that were new."""
    number, size = connection.execute("SELECT last, size FROM queue_end").fetchone()
    added = []
    for alert in alerts:
        row = (alert.id, number + 1)
        if not connection.execute("INSERT OR IGNORE INTO queue_id VALUES (?, ?)", row).rowcount:
            continue
        body = encode(alert)
        number, size = number + 1, size + len(body)
        values = (number, size, alert.time.isoformat(), body)
        connection.execute("INSERT INTO queue_alert VALUES (?, ?, ?, ?)", values)
        added.append(alert)
    if added:
        connection.execute("UPDATE queue_end SET last = ?, size = ?", (number, size))
    return added


def encode(alert: Alert) -> bytes:
    """Return an alert as the JSON of a row; lone surrogates outlive it."""
    import msgspec

    return json.dumps(msgspec.to_builtins(alert), separators=(",", ":")).encode("ascii")


def _read(queue: str, number: int, time: str, body: bytes) -> Alert:
    """Return the alert of a row, or one that says that it cannot be read."""
    import msgspec

    try:
        return msgspec.convert(json.loads(body), Alert)
    except (msgspec.ValidationError, ValueError) as error:
        message = f"alert {number} of the queue, put at {time}, cannot be read: {error}"
        return own_alert(_time(time), "", message, "unreadable", queue, number)


def _time(text: str) -> datetime:
    """Return the time of a row; the epoch when that is damaged as well."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _drop(connection: sqlite3.Connection, bounds: Bounds, newest: Alert) -> list[Alert]:
    """Move on the sinks for which too much waits, and return what is to be said of it."""
    queue, last, size = connection.execute("SELECT name, last, size FROM queue_end").fetchone()
    sinks = connection.execute("SELECT name, cursor, size FROM queue_sink ORDER BY name").fetchall()
    told = []
    for name, cursor, taken in sinks or [("any sink", *_before_first(connection))]:
        if last - cursor <= bounds.alerts and size - taken <= bounds.size:
            continue
        kept = _first_kept(connection, bounds, cursor, last, size)
        span = connection.execute(
            "SELECT min(time), max(time) FROM queue_alert WHERE number > ? AND number <= ?", (cursor, kept)
        ).fetchone()
        message = f"{kept - cursor:,} alerts, seen from {span[0]} to {span[1]}, were dropped and never sent to {name}"
        told.append(own_alert(newest.time, newest.host, message, "dropped", queue, name, cursor, kept))
        _move(connection, name, kept, kept - cursor)
        if not sinks:
            connection.execute("DELETE FROM queue_alert WHERE number <= ?", (kept,))
    if told:
        _prune(connection, bounds)
    return told


def _first_kept(connection: sqlite3.Connection, bounds: Bounds, cursor: int, last: int, size: int) -> int:
    """Return the new cursor with which nine tenths of the bounds wait at most."""
    by_count = max(cursor, last - (bounds.alerts - bounds.alerts // SLACK))
    least = size - (bounds.size - bounds.size // SLACK)
    row = connection.execute(
        "SELECT number FROM queue_alert WHERE number >= ? AND size >= ? ORDER BY number LIMIT 1", (by_count, least)
    ).fetchone()
    return last if row is None else max(by_count, int(row[0]))


def _before_first(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return number and size as they were before the first alert that is still there."""
    row = connection.execute(
        "SELECT number - 1, size - length(body) FROM queue_alert ORDER BY number LIMIT 1"
    ).fetchone()
    return tuple(row or connection.execute("SELECT last, size FROM queue_end").fetchone())


def _move(connection: sqlite3.Connection, sink: str, number: int, dropped: int = 0) -> None:
    """Move a cursor to an alert that is there."""
    connection.execute(
        "UPDATE queue_sink SET cursor = ?1, dropped = dropped + ?2, "
        "size = (SELECT size FROM queue_alert WHERE number = ?1) WHERE name = ?3 AND cursor < ?1",
        (number, dropped, sink),
    )


def _prune(connection: sqlite3.Connection, bounds: Bounds) -> None:
    """Delete alerts that all sinks have taken, and ids that are older than is kept."""
    (taken,) = connection.execute("SELECT min(cursor) FROM queue_sink").fetchone()
    if taken is None:
        return
    (last,) = connection.execute("SELECT last FROM queue_end").fetchone()
    connection.execute("DELETE FROM queue_alert WHERE number <= ?", (taken,))
    connection.execute("DELETE FROM queue_id WHERE number <= ?", (min(taken, last - bounds.ids),))
