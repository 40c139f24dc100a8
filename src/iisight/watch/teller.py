"""What is told, and what the watch knows from then on: committed in one step, whatever the disk does."""

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from iisight.model.alert import Alert
from iisight.model.finding import Severity
from iisight.watch import state
from iisight.watch.database import StoreError, UnusableError, identity, named, transaction
from iisight.watch.holding import Holding
from iisight.watch.queue import put
from iisight.watch.telling import Draft
from iisight.watch.told import Told, keep, later, thing_of

_LEAP = 40  # bits: 4,000,000 starts until `told.ALONE` is reached
MAX_OWED = 100_000  # changes; one that is forgotten may be told once more


class Delivers(Protocol):
    """What brings alerts of the queue to sinks."""

    def wake(self) -> None:
        """Look at the queue now."""

    def urge(self, alerts: Sequence[Alert]) -> None:
        """Send alerts that the queue cannot take."""


class Teller:
    """Puts alerts into the queue. Used by one thread."""

    def __init__(self, connection: sqlite3.Connection, delivery: Delivers) -> None:
        """`connection` is that of the state."""
        self._connection = connection
        self._delivery = delivery
        self._path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
        self._identity = identity(self._path)
        self._holding = Holding()
        self._owed: list[Told] = []  # changes told while the state could not be written
        self.since = 0  # turn of the look at everything that is under way; 0: none is
        # Those that a watch used which was killed on a full disk are not in the state, and ids rest on them.
        self.turn = int(state.fact(connection, "turn") or 0) + secrets.randbits(_LEAP)
        self.failure = ""  # why the state cannot be written; empty: it can

    def next_turn(self) -> int:
        """Return the number of the next look: no two have the same, whatever clocks say."""
        self.turn += 1
        return self.turn

    @property
    def owed(self) -> tuple[Told, ...]:
        """Changes that were told while the state could not be written."""
        return tuple(self._owed)

    def told_after(self, turn: int) -> frozenset[str]:
        """Return of what was told after a turn, as `thing_of`. Raises UnusableError; nothing when it cannot be read."""
        owed = frozenset(thing_of(told.change) for told in self._owed if told.turn > turn)
        try:
            with named():
                return owed | later(self._connection, turn)
        except UnusableError:
            raise
        except StoreError:
            return owed

    def commit(
        self,
        drafts: Iterable[Draft],
        turn: int,
        write: Callable[[sqlite3.Connection], None] | None = None,
        *,
        least: Severity = Severity.INFO,
    ) -> bool:
        """Tell of what weighs at least so much, and do with `write` what belongs to it, all or nothing.

        False: the disk takes nothing; alerts are sent all the same, and put into the queue when it does again. What
        `write` would have written is lost then: what rests on it is found again by a look at everything. Raises
        UnusableError, with the alerts sent.
        """
        made = list(drafts)
        alerts = [draft.alert for draft in made if draft.alert.severity.rank >= least.rank]
        told = [*self._owed, *(Told(turn, change) for draft in made for change in draft.changes)]
        try:
            if identity(self._path) != self._identity:
                raise UnusableError(f"{self._path}: the file was taken away")
            with transaction(self._connection) as connection:
                put(connection, (*self._holding.alerts(), *alerts))
                keep(connection, told, self.since)
                state.keep_fact(connection, "turn", str(self.turn))
                if write is not None:
                    write(connection)
        except StoreError as error:
            self.failure = str(error)
            self._holding.add(alerts)
            self._owed = told[-MAX_OWED:]
            if alerts:
                self._delivery.urge(alerts)
            if isinstance(error, UnusableError):
                raise
            return False
        self.failure = ""
        self._holding.clear()
        self._owed = []
        if alerts:
            self._delivery.wake()
        return True
