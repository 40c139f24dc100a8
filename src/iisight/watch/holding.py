"""Alerts that the queue cannot take now, held in memory until it can: few, and those lost are counted."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from iisight.model.alert import Alert
from iisight.watch.queue import encode, own_alert

MAX_ALERTS = 10_000
MAX_SIZE = 16 * 1024 * 1024  # bytes


class Holding:
    """Keeps the newest alerts until `clear`; when they are too many, the oldest go and are counted.

    >>> holding.add(alerts)
    >>> with transaction(connection):
    ...     put(connection, holding.alerts())
    >>> holding.clear()
    """

    def __init__(self, most: int = MAX_ALERTS, size: int = MAX_SIZE) -> None:
        """Hold at most so many alerts and bytes."""
        self._most, self._bound = most, size
        self._held: deque[tuple[Alert, int]] = deque()
        self._size = 0
        self._lost: list[Alert] = []  # the first and the last of those that went
        self.lost = 0  # alerts that went since the last `clear`

    def __len__(self) -> int:
        """Return how many alerts are held."""
        return len(self._held)

    def add(self, alerts: Iterable[Alert]) -> None:
        """Hold more alerts."""
        for alert in alerts:
            size = len(encode(alert))
            self._held.append((alert, size))
            self._size += size
            while len(self._held) > self._most or self._size > self._bound:
                self._lose()

    def alerts(self) -> tuple[Alert, ...]:
        """Return what is held, in order; before it, where any were lost, an alert that says how many and from when."""
        held = tuple(alert for alert, _ in self._held)
        return (self._said(), *held) if self._lost else held

    def clear(self) -> None:
        """Forget what is held: the queue has it."""
        self._held.clear()
        self._lost.clear()
        self._size = self.lost = 0

    def _lose(self) -> None:
        alert, size = self._held.popleft()
        self._size -= size
        self.lost += 1
        self._lost[1:] = [alert]

    def _said(self) -> Alert:
        first, last = self._lost[0], self._lost[-1]
        since, until = _seen(first.time), _seen(last.time)
        message = f"{self.lost:,} alerts, seen from {since} to {until}, are lost: the queue could not be written"
        return own_alert(last.time, last.host, message, "lost", first.id, last.id, self.lost)


def _seen(time: datetime) -> str:
    return time.isoformat(" ", "seconds")
