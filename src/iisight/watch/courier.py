"""Brings the alerts of the queue to one sink, in their order, again and again until it takes them.

The cursor moves after the sink took a batch: what was sent before a kill -9 is sent again, with the same id.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iisight.model.alert import Alert, AlertKind
from iisight.watch.database import StoreError
from iisight.watch.intake import Intake
from iisight.watch.queue import MAX_BATCH, own_alert
from iisight.watch.sinks.sink import Sink, SinkError, SinkRefused

IDLE_SECONDS = 1.0  # between looks at the queue when nobody wakes it
QUEUE_SECONDS = 5.0  # between looks at a queue that cannot be read or written
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds, doubled from failure to failure
LONGEST_ASKED = 3_600.0  # seconds that a sink may ask to be left alone
JITTER = 0.25  # share of a wait that is added at most, so that many servers do not come back at once
REFUSALS = 3  # times that an alert is refused before it is given up
TELL_EVERY = timedelta(hours=1)  # between two alerts that one sink refuses alerts
MAX_URGENT = 1_000  # alerts that wait in memory while the queue cannot be written
MAX_REASON = 300  # characters of an error that is kept

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SinkHealth:
    """How it goes with a sink."""

    name: str
    delivered: int = 0  # since the start; one sent twice counts twice
    waiting: int = 0
    dropped: int = 0  # ever: it was too far behind
    refused: int = 0  # since the start: given up, the sink does not take them
    since: datetime | None = None  # aware, UTC; when it began to fail; None: it works
    last_error: str = ""  # the last, also when it works again


@dataclass(frozen=True, slots=True)
class World:
    """What a courier takes from the world, so that a test can simulate an hour."""

    now: Callable[[], datetime]  # aware, UTC
    random: Callable[[], float]  # 0 to 1
    host: str = ""  # for alerts of its own


class Courier:
    """One sink and its way through the queue. `step` is called by one thread, `health` and `urge` by any."""

    def __init__(self, sink: Sink, intake: Intake, world: World) -> None:
        """Do nothing yet."""
        self.health = SinkHealth(sink.name)
        self._sink, self._intake, self._world = sink, intake, world
        self._urgent: tuple[Alert, ...] = ()
        self._lock = threading.Lock()  # of _urgent
        self._failures = self._refusals = self._untold = 0
        self._most = MAX_BATCH  # alerts sent at once
        self._told: datetime | None = None  # when it was last told that alerts are refused

    @property
    def failing(self) -> bool:
        """Tell whether the sink failed, so that nothing but time ends the wait."""
        return self._failures > 0

    def step(self) -> float:
        """Send one batch at most and return how many seconds to wait: 0 when there may be more."""
        try:
            sent = self._send_urgent() or self._send_next()
        except StoreError as error:
            self._intake.close()
            self._remember(f"the queue: {error}")
            return QUEUE_SECONDS
        except SinkError as error:
            return self._failed(error)
        except Exception as error:  # a sink with a bug must not end the delivery in silence
            _LOG.exception("sink %s", self._sink.name)
            return self._failed(SinkError(f"{type(error).__name__}: {error}"))
        self._failures = self._refusals = 0
        self.health = replace(self.health, since=None)
        return 0.0 if sent else IDLE_SECONDS

    def urge(self, alerts: tuple[Alert, ...]) -> None:
        """Send these before all else: the queue cannot take them now. They are sent again when it has them."""
        with self._lock:
            self._urgent = (*self._urgent, *alerts)[-MAX_URGENT:]

    def close(self) -> None:
        """Let go of the queue and of the sink."""
        self._intake.close()
        self._sink.close()

    def _send_urgent(self) -> bool:
        with self._lock:
            alerts = self._urgent[: self._most]
        if not alerts:
            return False
        done = alerts
        try:
            self._sink.send(alerts)
        except SinkRefused as error:  # the queue will bring it once more, and there it is told
            done = alerts[: error.accepted + 1]
        except SinkError as error:
            done = alerts[: error.accepted]
            raise
        finally:
            ids = {alert.id for alert in done}
            with self._lock:
                self._urgent = tuple(alert for alert in self._urgent if alert.id not in ids)
        self._count(len(done))
        return True

    def _send_next(self) -> bool:
        batch = self._intake.batch()[: self._most]
        if batch:
            try:
                self._sink.send(batch)
            except SinkRefused as error:
                return self._refused(batch, error)
            except SinkError as error:
                self._taken(error.accepted)
                raise
            self._most = min(self._most * 2, MAX_BATCH)
            self._taken(len(batch))
        self._refresh()
        return bool(batch)

    def _refused(self, batch: tuple[Alert, ...], error: SinkRefused) -> bool:
        """Find which alert it is by sending each alone; give it up when it was refused often enough."""
        if error.accepted:
            self._taken(error.accepted)
        if len(batch) > 1:
            self._most = 1
            return True
        self._refusals += 1
        if self._refusals < REFUSALS:
            raise error
        self._refusals = 0
        self.health = replace(self.health, refused=self.health.refused + 1)
        self._tell(batch[0], str(error))
        self._intake.took(1)
        raise error  # and wait: a sink that refuses everything loses few

    def _tell(self, alert: Alert, reason: str) -> None:
        """Say to every sink that this one refuses alerts; that it refuses this very one is not said again."""
        if alert.kind is AlertKind.COVERAGE and alert.about:
            return
        self._untold += 1
        now = self._world.now()
        if self._told is not None and timedelta(0) <= now - self._told < TELL_EVERY:  # less: the clock was set back
            return
        message = (
            f"{self._sink.name} will not take {self._untold:,} alerts, the last of them {alert.id}: {_short(reason)}"
        )
        said = own_alert(now, self._world.host, message, "refused", self._sink.name, alert.id)
        self._intake.put(replace(said, about=alert.id))
        self._told, self._untold = now, 0

    def _taken(self, count: int) -> None:
        self._count(count)
        self._intake.took(count)

    def _count(self, count: int) -> None:
        self.health = replace(self.health, delivered=self.health.delivered + count)

    def _refresh(self) -> None:
        found = self._intake.standing()
        self.health = replace(self.health, waiting=found.waiting, dropped=found.dropped)

    def _failed(self, error: SinkError) -> float:
        self._remember(str(error))
        wait = min(FIRST_WAIT * float(1 << min(self._failures, 30)), LONGEST_WAIT)
        self._failures += 1
        asked = min(max(error.retry_after, 0.0), LONGEST_ASKED)
        try:
            self._refresh()
        except StoreError:
            self._intake.close()
        return max(wait, asked) * (1 + JITTER * self._world.random())

    def _remember(self, reason: str) -> None:
        since = self.health.since or self._world.now()
        self.health = replace(self.health, since=since, last_error=_short(reason))


def _short(reason: str) -> str:
    return reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 3]}..."
