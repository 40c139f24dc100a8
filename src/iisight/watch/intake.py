"""What one sink has yet to get, read from the queue in batches; the cursor is moved as the sink takes them."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from iisight.model.alert import Alert
from iisight.watch.database import connect, identity, named, shrink, transaction
from iisight.watch.queue import DEFAULT, Bounds, Standing, advance, enlist, name_of, pending, put, standing


class Intake:
    """The queue as one sink sees it. Every method may raise StoreError; the next call connects anew.

    The cursor here leads the one on disk while that cannot be written: nothing is sent over and over on a full disk.
    A batch stays in memory until it is taken, so a retry is the same request as before.
    """

    def __init__(self, store: Path, sink: str, names: Sequence[str], bounds: Bounds = DEFAULT) -> None:
        """`names` are those of all sinks, `sink` among them."""
        self._store, self._sink, self._names, self._bounds = store, sink, names, bounds
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._queue = ""
        self._cursor = self._stored = 0
        self._batch: tuple[Alert, ...] = ()

    def batch(self) -> tuple[Alert, ...]:
        """Return what is to be sent next, nothing when all was taken."""
        if not self._batch:
            connection = self._open()
            with named(self._store):
                found = pending(connection, self._sink, self._cursor)
            self._batch = found.alerts
            self._cursor = found.last - len(found.alerts)
            if not self._batch:  # first what can be read is sent, also while nothing can be written
                self._store_cursor(connection)
                shrink(connection)
        return self._batch

    def took(self, count: int) -> None:
        """Say that the sink took so many of the batch, from its first."""
        self._batch = self._batch[count:]
        self._cursor += count
        self._store_cursor(self._open())

    def standing(self) -> Standing:
        """Return how many alerts wait, as the disk has it."""
        with named(self._store):
            return standing(self._open(), self._sink)

    def put(self, alert: Alert) -> None:
        """Add an alert to the queue, for every sink."""
        with transaction(self._open()) as connection:
            put(connection, (alert,), self._bounds)

    def close(self) -> None:
        """Let go of the database, as must be done before a damaged one can be moved."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._file != identity(self._store):
            self.close()  # it was moved aside under our feet
        if self._connection is None:
            self._file = identity(self._store)
            # not durable: a cursor that is lost sends again, with the same id
            self._connection = connect(self._store, durable=False)
            with transaction(self._connection) as connection:
                enlist(connection, self._names)
                queue = name_of(connection)
            if queue != self._queue:  # the first, or another in place of a damaged one
                self._queue, self._cursor, self._stored = queue, 0, 0
                self._batch = ()
        return self._connection

    def _store_cursor(self, connection: sqlite3.Connection) -> None:
        if self._cursor > self._stored:
            with transaction(connection):
                advance(connection, self._sink, self._cursor, self._bounds)
            self._stored = self._cursor
