"""Delivery: order, retries and bounds of one sink on a simulated clock, and threads that do not wait for each other."""

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from iisight.model.alert import Alert, AlertKind
from iisight.model.errors import UsageError
from iisight.watch import queue
from iisight.watch.courier import LONGEST_ASKED, LONGEST_WAIT, MAX_URGENT, QUEUE_SECONDS, REFUSALS, Courier, World
from iisight.watch.database import open_store, transaction
from iisight.watch.delivery import Delivery, world
from iisight.watch.intake import Intake
from iisight.watch.queue import MAX_BATCH, put
from iisight.watch.sinks.sink import Sink, SinkError, SinkRefused
from tests.builders.alerts import START, alert, alerts


@dataclass
class Clock:
    """A clock that only a test moves."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Recorder:
    """A sink in memory. `fails` is asked before each batch, and raises when the sink is down."""

    name: str = "memory"
    fails: Callable[[Sequence[Alert]], None] = lambda alerts: None
    taken: list[Alert] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    def send(self, alerts: Sequence[Alert]) -> None:
        self.sizes.append(len(alerts))
        try:
            self.fails(alerts)
        except SinkError as error:
            self.taken += alerts[: error.accepted]
            raise
        self.taken += alerts
        self.arrived.set()

    def close(self) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "watch.db"


@pytest.fixture
def connection(store: Path) -> Iterator[sqlite3.Connection]:
    opened = open_store(store, queue.create).connection
    yield opened
    opened.close()


def added(connection: sqlite3.Connection, new: Sequence[Alert]) -> None:
    with transaction(connection):
        put(connection, new)


def courier_of(sink: Sink, store: Path, clock: Clock, *others: str, jitter: float = 0.5) -> Courier:
    return Courier(sink, Intake(store, sink.name, (sink.name, *others)), World(clock.now, lambda: jitter, "WEB01"))


def run(courier: Courier, clock: Clock, seconds: float) -> list[float]:
    """Let a courier work for that long and return how long it waited each time."""
    end, waits = clock.time + timedelta(seconds=seconds), []
    while clock.time < end:
        waits.append(courier.step())
        clock.wait(waits[-1])
    return waits


def test_an_hour_without_the_sink_loses_nothing_and_keeps_the_order(
    store: Path, connection: sqlite3.Connection
) -> None:
    clock = Clock()
    back = START + timedelta(hours=1)

    def fails(batch: Sequence[Alert]) -> None:
        if clock.time < back:
            raise SinkError("connection refused")

    sink = Recorder(fails=fails)
    courier = courier_of(sink, store, clock)
    added(connection, alerts(2_500))
    waits = run(courier, clock, 3_600)
    assert sink.taken == []
    assert len(waits) < 25  # it was not hammered
    assert max(waits) <= LONGEST_WAIT * 1.25
    health = courier.health
    assert (health.since, health.last_error, health.waiting) == (START, "connection refused", 2_500)
    run(courier, clock, 2 * LONGEST_WAIT)
    assert sink.taken == list(alerts(2_500))
    assert max(sink.sizes) == MAX_BATCH
    assert (courier.health.since, courier.health.waiting, courier.health.delivered) == (None, 0, 2_500)
    courier.close()


def test_waits_grow_to_a_bound_and_differ_by_chance(store: Path, connection: sqlite3.Connection) -> None:
    def fails(batch: Sequence[Alert]) -> None:
        raise SinkError("down")

    added(connection, alerts(1))
    steady = courier_of(Recorder(fails=fails), store, Clock(), jitter=0.0)
    assert [steady.step() for _ in range(11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    moved = courier_of(Recorder(fails=fails), store, Clock(), jitter=1.0)
    assert [moved.step() for _ in range(3)] == [1.25, 2.5, 5]
    steady.close()
    moved.close()


@pytest.mark.parametrize(("asked", "waited"), [(77.0, 77.0), (10.0**9, LONGEST_ASKED), (-5.0, 1.0)])
def test_a_sink_may_ask_to_be_left_alone_for_a_bounded_time(
    store: Path, connection: sqlite3.Connection, asked: float, waited: float
) -> None:
    def fails(batch: Sequence[Alert]) -> None:
        raise SinkError("busy", retry_after=asked)

    added(connection, alerts(1))
    courier = courier_of(Recorder(fails=fails), store, Clock(), jitter=0.0)
    assert courier.step() == waited
    courier.close()


def test_what_of_a_batch_was_taken_is_not_sent_again(store: Path, connection: sqlite3.Connection) -> None:
    first = [True]

    def fails(batch: Sequence[Alert]) -> None:
        if first and first.pop():
            raise SinkError("broke off", accepted=4)

    clock, sink = Clock(), Recorder(fails=fails)
    added(connection, alerts(10))
    courier = courier_of(sink, store, clock)
    run(courier, clock, 5)
    assert sink.taken == list(alerts(10))
    courier.close()


def test_a_retry_is_the_same_request_although_more_has_come(store: Path, connection: sqlite3.Connection) -> None:
    seen: list[tuple[str, ...]] = []

    def fails(batch: Sequence[Alert]) -> None:
        seen.append(tuple(a.id for a in batch))
        if len(seen) == 1:
            raise SinkError("timeout")

    clock, sink = Clock(), Recorder(fails=fails)
    courier = courier_of(sink, store, clock)
    added(connection, alerts(3))
    courier.step()
    added(connection, alerts(3, 3))
    courier.step()
    assert seen[0] == seen[1]
    courier.close()


def test_an_alert_that_is_refused_is_found_given_up_and_told(store: Path, connection: sqlite3.Connection) -> None:
    tries = []

    def fails(batch: Sequence[Alert]) -> None:
        if alert(7) in batch:
            tries.append(len(batch))
            raise SinkRefused("413 too large")

    clock, sink = Clock(), Recorder(fails=fails)
    courier = courier_of(sink, store, clock)
    added(connection, alerts(20))
    run(courier, clock, 60)
    *taken, said = sink.taken
    assert taken == [a for a in alerts(20) if a != alert(7)]
    assert tries[-REFUSALS:] == [1] * REFUSALS
    assert len(tries) == REFUSALS + 2  # with all, and once more with few
    assert (said.kind, said.about) == (AlertKind.COVERAGE, alert(7).id)
    assert said.message == f"memory will not take 1 alerts, the last of them {alert(7).id}: 413 too large"
    assert courier.health.refused == 1
    courier.close()


def test_a_sink_that_refuses_everything_loses_few_an_hour_and_tells_once(
    store: Path, connection: sqlite3.Connection
) -> None:
    def fails(batch: Sequence[Alert]) -> None:
        raise SinkRefused("400 no")

    clock, other = Clock(), Recorder("other")
    courier = courier_of(Recorder(fails=fails), store, clock, "other")
    added(connection, alerts(1_000))
    run(courier, clock, 3_600)
    assert 0 < courier.health.refused < 10
    witness = courier_of(other, store, clock, "memory")
    run(witness, clock, 5)
    assert [a.about for a in other.taken if a.kind is AlertKind.COVERAGE] == [alert(0).id]
    courier.close()
    witness.close()


def test_that_alerts_are_refused_is_told_although_the_clock_was_set_back(
    store: Path, connection: sqlite3.Connection
) -> None:
    def fails(batch: Sequence[Alert]) -> None:
        raise SinkRefused("400 no")

    clock = Clock()
    courier = courier_of(Recorder(fails=fails), store, clock, "other")
    added(connection, alerts(1_000))
    run(courier, clock, 600)
    clock.time -= timedelta(days=400)
    run(courier, clock, 3_600)
    witness = courier_of(other := Recorder("other"), store, clock, "memory")
    run(witness, clock, 5)
    assert len([a for a in other.taken if a.kind is AlertKind.COVERAGE]) == 2
    courier.close()
    witness.close()


def test_a_clock_that_is_set_back_delays_no_retry(store: Path, connection: sqlite3.Connection) -> None:
    down = [True]

    def fails(batch: Sequence[Alert]) -> None:
        if down:
            raise SinkError("down")

    clock = Clock()
    sink = Recorder(fails=fails)
    courier = courier_of(sink, store, clock, jitter=0.0)
    added(connection, alerts(3))
    assert [courier.step() for _ in range(3)] == [1, 2, 4]
    clock.time -= timedelta(days=400)
    assert courier.step() == 8
    down.clear()
    assert courier.step() == 0.0
    assert sink.taken == list(alerts(3))
    assert courier.health.since is None
    courier.close()


def test_a_sink_with_a_bug_is_a_sink_that_failed(store: Path, connection: sqlite3.Connection) -> None:
    def fails(batch: Sequence[Alert]) -> None:
        raise KeyError("oops")

    added(connection, alerts(1))
    courier = courier_of(Recorder(fails=fails), store, Clock())
    courier.step()
    assert (courier.failing, courier.health.last_error) == (True, "KeyError: 'oops'")
    courier.close()


def test_a_long_error_is_kept_short(store: Path, connection: sqlite3.Connection) -> None:
    def fails(batch: Sequence[Alert]) -> None:
        raise SinkError("x" * 100_000)

    added(connection, alerts(1))
    courier = courier_of(Recorder(fails=fails), store, Clock())
    courier.step()
    assert len(courier.health.last_error) == 300
    courier.close()


def test_a_batch_sent_before_the_cursor_moved_is_sent_again_with_the_same_ids(
    store: Path, connection: sqlite3.Connection
) -> None:
    clock, sink = Clock(), Recorder()
    added(connection, alerts(3))
    intake = Intake(store, sink.name, (sink.name,))
    sink.send(intake.batch())  # and here the process is killed
    intake.close()
    again = courier_of(sink, store, clock)
    run(again, clock, 2)
    assert sink.taken == [*alerts(3), *alerts(3)]
    again.close()


def test_a_cursor_that_cannot_be_stored_does_not_send_the_same_again_and_again(
    store: Path, connection: sqlite3.Connection
) -> None:
    clock, sink = Clock(), Recorder()
    courier = courier_of(sink, store, clock)
    added(connection, alerts(350))
    connection.execute("CREATE TRIGGER full BEFORE UPDATE ON queue_sink BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    waits = run(courier, clock, 60)
    assert set(waits) == {QUEUE_SECONDS}
    assert sink.taken == list(alerts(350))
    assert courier.health.last_error.endswith("disk is full")
    connection.execute("DROP TRIGGER full")
    run(courier, clock, 10)
    assert sink.taken == list(alerts(350))
    assert (courier.health.waiting, courier.health.since) == (0, None)
    courier.close()


def test_alerts_that_the_queue_cannot_take_reach_people_all_the_same(
    store: Path, connection: sqlite3.Connection
) -> None:
    clock, sink = Clock(), Recorder()
    courier = courier_of(sink, store, clock)
    courier.urge(alerts(3))
    run(courier, clock, 2)
    assert sink.taken == list(alerts(3))
    added(connection, alerts(3))  # the disk has room again
    run(courier, clock, 2)
    assert sink.taken == [*alerts(3), *alerts(3)]
    courier.close()


def test_urgent_alerts_are_kept_while_the_sink_is_down_and_bounded(store: Path, connection: sqlite3.Connection) -> None:
    down = [True]

    def fails(batch: Sequence[Alert]) -> None:
        if down:
            raise SinkError("down")

    clock, sink = Clock(), Recorder(fails=fails)
    courier = courier_of(sink, store, clock)
    courier.urge(alerts(MAX_URGENT + 500))
    run(courier, clock, 20)
    down.clear()
    run(courier, clock, 60)
    assert sink.taken == list(alerts(MAX_URGENT, 500))
    courier.close()


def test_an_urgent_alert_that_is_refused_ends(store: Path, connection: sqlite3.Connection) -> None:
    def fails(batch: Sequence[Alert]) -> None:
        if alert(1) in batch:
            raise SinkRefused("no", accepted=batch.index(alert(1)))

    clock, sink = Clock(), Recorder(fails=fails)
    courier = courier_of(sink, store, clock)
    courier.urge(alerts(3))
    run(courier, clock, 5)
    assert sink.taken == [alert(0), alert(2)]
    courier.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there a file that is open is not renamed")
def test_a_queue_in_the_place_of_a_damaged_one_is_read_from_its_start(
    store: Path, connection: sqlite3.Connection
) -> None:
    clock, sink = Clock(), Recorder()
    courier = courier_of(sink, store, clock)
    added(connection, alerts(5))
    run(courier, clock, 2)
    connection.close()
    for path in store.parent.iterdir():
        path.rename(path.with_name(path.name + ".old"))
    fresh = open_store(store, queue.create).connection
    added(fresh, alerts(3, 10))
    run(courier, clock, 30)
    assert sink.taken == [*alerts(5), *alerts(3, 10)]
    fresh.close()
    courier.close()


def test_a_queue_that_is_not_there_is_waited_for(store: Path) -> None:
    clock = Clock()
    courier = courier_of(Recorder(), store, clock)
    assert courier.step() == QUEUE_SECONDS
    assert "watch.db" in courier.health.last_error
    assert not courier.failing
    open_store(store, queue.create).connection.close()
    run(courier, clock, 10)
    assert courier.health.since is None
    courier.close()


def test_a_slow_sink_does_not_stop_another(store: Path, connection: sqlite3.Connection) -> None:
    released = threading.Event()

    def hangs(batch: Sequence[Alert]) -> None:
        released.wait(30)

    slow, fast = Recorder("slow", hangs), Recorder("fast")
    delivery = Delivery(store, (slow, fast), world("WEB01"))
    delivery.start()
    added(connection, alerts(1))
    delivery.wake()
    assert fast.arrived.wait(20)
    assert not slow.arrived.is_set()
    assert delivery.stop(0.2) == ("slow",)
    released.set()


def test_what_waits_is_delivered_before_the_end(store: Path, connection: sqlite3.Connection) -> None:
    sinks = (Recorder("a"), Recorder("b"))
    delivery = Delivery(store, sinks, world("WEB01"))
    delivery.start()
    added(connection, alerts(1_000))
    assert delivery.stop(60) == ()
    assert [sink.taken for sink in sinks] == [list(alerts(1_000))] * 2
    assert [h.delivered for h in delivery.health()] == [1_000, 1_000]


def test_a_sink_that_is_down_is_not_waited_for_at_the_end(store: Path, connection: sqlite3.Connection) -> None:
    def fails(batch: Sequence[Alert]) -> None:
        raise SinkError("down")

    sink = Recorder(fails=fails)
    added(connection, alerts(10))
    delivery = Delivery(store, (sink,), world("WEB01"))
    delivery.start()
    assert delivery.stop(60) == ()
    assert sink.taken == []
    again = Recorder()
    later = Delivery(store, (again,), world("WEB01"))
    later.start()
    later.stop(60)
    assert again.taken == list(alerts(10))


def test_a_delivery_that_was_not_started_can_be_stopped(store: Path) -> None:
    assert Delivery(store, (Recorder(),), world("WEB01")).stop(1) == ()


def test_one_place_is_not_told_twice(store: Path) -> None:
    with pytest.raises(UsageError, match="twice to a"):
        Delivery(store, (Recorder("a"), Recorder("a")), world("WEB01"))
