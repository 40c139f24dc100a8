"""Delivers alerts to all sinks at once, each with a thread of its own: a slow one does not stop another."""

import random
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from iisight.model.alert import Alert
from iisight.model.errors import UsageError
from iisight.watch.courier import Courier, SinkHealth, World
from iisight.watch.intake import Intake
from iisight.watch.queue import DEFAULT, Bounds
from iisight.watch.sinks.sink import Sink

STOP_SECONDS = 10.0  # in which what waits is delivered when the watch ends


def world(host: str) -> World:
    """Return the real world."""
    return World(lambda: datetime.now(UTC), random.random, host)


class Delivery:
    """Threads that deliver what the queue has. The database is there before `start`.

    >>> delivery = Delivery(path, sinks, world("WEB01"))
    >>> delivery.start()
    >>> delivery.wake()  # after alerts were committed
    >>> delivery.stop()
    """

    def __init__(self, store: Path, sinks: Sequence[Sink], surroundings: World, bounds: Bounds = DEFAULT) -> None:
        """Start nothing yet. Raises UsageError for two sinks that are the same."""
        names = [sink.name for sink in sinks]
        if twice := {name for name in names if names.count(name) > 1}:
            raise UsageError(f"alerts would go twice to {', '.join(sorted(twice))}")
        self._runs = [_Run(Courier(s, Intake(store, s.name, names, bounds), surroundings)) for s in sinks]

    def start(self) -> None:
        """Start a thread for each sink."""
        for run in self._runs:
            run.thread.start()

    def wake(self) -> None:
        """Look at the queue now; a sink that fails is left in peace until its time comes."""
        for run in self._runs:
            run.wake()

    def urge(self, alerts: Sequence[Alert]) -> None:
        """Send alerts that the queue cannot take: a full disk must not silence them. They may come a second time."""
        for run in self._runs:
            run.courier.urge(tuple(alerts))
        self.wake()

    def health(self) -> tuple[SinkHealth, ...]:
        """Return how it goes with each sink."""
        return tuple(run.courier.health for run in self._runs)

    def stop(self, within: float = STOP_SECONDS) -> tuple[str, ...]:
        """Deliver what waits, end the threads, return the sinks that did not end in time; what they miss is kept."""
        end = time.monotonic() + within
        for run in self._runs:
            run.stop(end)
        for run in self._runs:
            if run.thread.ident is not None:  # it was started
                run.thread.join(max(0.0, end - time.monotonic()) + 0.5)
        return tuple(run.courier.health.name for run in self._runs if run.thread.is_alive())


class _Run:
    """The thread of one courier."""

    def __init__(self, courier: Courier) -> None:
        self.courier = courier
        self.thread = threading.Thread(target=self._run, name=f"sink {courier.health.name}", daemon=True)
        self._changed = threading.Condition()
        self._woken = False
        self._end: float | None = None  # monotonic; None: not asked to stop

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def stop(self, end: float) -> None:
        with self._changed:
            self._end = end
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            while True:
                end = self._end  # as it was before the step: once asked to stop, it looks once more for what is left
                wait = self.courier.step()
                if end is not None and (wait or time.monotonic() >= end):
                    return
                self._pause(wait)
        finally:
            self.courier.close()

    def _pause(self, wait: float) -> None:
        if wait:
            with self._changed:
                self._changed.wait_for(self._is_called, wait)
                self._woken = False

    def _is_called(self) -> bool:
        return self._end is not None or (self._woken and not self.courier.failing)
