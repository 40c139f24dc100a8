"""The queue of alerts on disk: order, ids, bounds, and what a full disk or a damaged file does."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iisight.model.alert import Alert, AlertKind
from iisight.watch import queue
from iisight.watch.database import ASIDE, DamagedError, Opened, StoreError, connect, open_store, shrink, transaction
from iisight.watch.holding import Holding
from iisight.watch.queue import Bounds, Standing, advance, enlist, pending, put, standing
from tests.builders.alerts import alert, alerts, full, hostile

SMALL = Bounds(alerts=100, size=10**9, ids=50)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "watch.db"


@pytest.fixture
def connection(store: Path) -> Iterator[sqlite3.Connection]:
    opened = open_store(store, queue.create)
    yield opened.connection
    opened.connection.close()


def added(connection: sqlite3.Connection, *new: Alert, bounds: Bounds = queue.DEFAULT) -> int:
    with transaction(connection):
        return put(connection, new, bounds)


def listed(connection: sqlite3.Connection, *names: str) -> None:
    with transaction(connection):
        enlist(connection, names)


def took(connection: sqlite3.Connection, sink: str, number: int, bounds: Bounds = queue.DEFAULT) -> None:
    with transaction(connection):
        advance(connection, sink, number, bounds)


def waiting(connection: sqlite3.Connection, sink: str) -> list[Alert]:
    """Return all that waits for a sink, read batch for batch."""
    found: list[Alert] = []
    last = 0
    while (batch := pending(connection, sink, last)).alerts:
        found += batch.alerts
        last = batch.last
    return found


def rows(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.parametrize("sent", [full(), hostile(), alert(1, "x" * 1_000_000), alert(2, "\ud800\udc00\x00")])
def test_an_alert_comes_out_as_it_went_in(connection: sqlite3.Connection, sent: Alert) -> None:
    listed(connection, "a")
    added(connection, sent)
    (came,) = pending(connection, "a").alerts
    assert came == sent or came.message == "\U00010000\x00"  # two surrogates that make a pair are one character in JSON


def test_alerts_wait_for_each_sink_in_the_order_they_were_put(connection: sqlite3.Connection) -> None:
    listed(connection, "a", "b")
    added(connection, *alerts(250))
    took(connection, "a", 120)
    assert waiting(connection, "a") == list(alerts(130, 120))
    assert waiting(connection, "b") == list(alerts(250))


def test_an_alert_whose_id_is_known_is_not_put_again(connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    assert added(connection, *alerts(3)) == 3
    took(connection, "a", 3)
    assert added(connection, *alerts(4)) == 1
    assert waiting(connection, "a") == [alert(3)]


def test_what_every_sink_took_is_deleted_and_its_id_is_known_for_a_while(connection: sqlite3.Connection) -> None:
    listed(connection, "a", "b")
    added(connection, *alerts(90), bounds=SMALL)
    took(connection, "a", 90, SMALL)
    assert rows(connection, "queue_alert") == 90
    took(connection, "b", 80, SMALL)
    assert (rows(connection, "queue_alert"), rows(connection, "queue_id")) == (10, SMALL.ids)


def test_a_cursor_never_goes_back(connection: sqlite3.Connection) -> None:
    listed(connection, "a", "b")
    added(connection, *alerts(10))
    took(connection, "a", 8)
    took(connection, "a", 3)
    assert standing(connection, "a") == Standing(waiting=2, dropped=0)


def test_the_first_sinks_get_what_was_put_before_them(connection: sqlite3.Connection) -> None:
    added(connection, *alerts(3))
    listed(connection, "a", "b")
    assert waiting(connection, "b") == list(alerts(3))


def test_a_new_sink_gets_what_any_other_has_not_taken_yet(connection: sqlite3.Connection) -> None:
    listed(connection, "a", "down")
    added(connection, *alerts(10))
    took(connection, "a", 10)
    took(connection, "down", 6)
    listed(connection, "a", "instead")
    assert waiting(connection, "instead") == list(alerts(4, 6))
    assert waiting(connection, "a") == []


def test_a_sink_that_is_gone_holds_nothing_back(connection: sqlite3.Connection) -> None:
    listed(connection, "a", "gone")
    added(connection, *alerts(10))
    listed(connection, "a")
    took(connection, "a", 10)
    assert rows(connection, "queue_alert") == 0


def test_a_sink_that_is_not_enlisted_is_an_error(connection: sqlite3.Connection) -> None:
    with pytest.raises(LookupError):
        pending(connection, "nobody")


def test_a_batch_is_bounded_by_bytes_but_for_one_alert(connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    added(connection, alert(0, "x" * 2 * queue.MAX_BATCH_SIZE), *alerts(500, 1))
    assert pending(connection, "a").alerts == (alert(0, "x" * 2 * queue.MAX_BATCH_SIZE),)
    assert len(pending(connection, "a", 1).alerts) == queue.MAX_BATCH


def test_too_many_alerts_drop_the_oldest_of_the_slow_sink_and_say_so(connection: sqlite3.Connection) -> None:
    listed(connection, "fast", "slow")
    for number in range(101):
        added(connection, alert(number), bounds=SMALL)
        took(connection, "fast", number, SMALL)
    *kept, said = waiting(connection, "slow")
    assert kept == list(alerts(90, 11))
    assert (said.kind, said.time, said.host) == (AlertKind.COVERAGE, alert(100).time, "WEB01")
    assert said.message == (
        "11 alerts, seen from 2026-03-01T02:59:30+00:00 to 2026-03-01T02:59:40+00:00, "
        "were dropped and never sent to slow"
    )
    assert waiting(connection, "fast")[-1] == said
    assert standing(connection, "slow") == Standing(waiting=91, dropped=11)
    assert standing(connection, "fast").dropped == 0


def test_too_many_bytes_drop_the_oldest_as_well(connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    bounds = Bounds(alerts=10**6, size=100_000)
    for number in range(30):
        added(connection, alert(number, "x" * 10_000), bounds=bounds)
    held = waiting(connection, "a")
    assert sum(len(queue.encode(a)) for a in held) <= bounds.size
    assert held[-1].id == alert(29).id or held[-2].id == alert(29).id
    assert standing(connection, "a").dropped > 20


def test_every_alert_is_sent_or_counted_as_dropped(connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    for number in range(1_000):
        added(connection, alert(number), bounds=SMALL)
    said = [a for a in waiting(connection, "a") if a.kind is AlertKind.COVERAGE]
    own = rows(connection, "queue_id") and connection.execute("SELECT last FROM queue_end").fetchone()[0] - 1_000
    assert standing(connection, "a").dropped + len(waiting(connection, "a")) == 1_000 + own
    assert 0 < len(said) <= own < 150  # a trickle: one for each tenth of the bounds


def test_the_bounds_hold_before_any_sink_is_named(connection: sqlite3.Connection) -> None:
    for number in range(500):
        added(connection, alert(number), bounds=SMALL)
    assert rows(connection, "queue_alert") <= SMALL.alerts + 1
    listed(connection, "late")
    assert any("never sent to any sink" in a.message for a in waiting(connection, "late"))


def test_a_row_that_cannot_be_read_is_told_and_passed(connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    added(connection, *alerts(3))
    connection.execute("UPDATE queue_alert SET body = ? WHERE number = 2", (b'{"id": 7}',))
    first, said, last = pending(connection, "a").alerts
    assert (first, last) == (alert(0), alert(2))
    assert said.message.startswith("alert 2 of the queue, put at 2026-03-01T02:59:31+00:00, cannot be read: ")


def test_nothing_of_a_transaction_that_fails_is_kept(connection: sqlite3.Connection) -> None:
    def put_and_fail() -> None:
        with transaction(connection):
            put(connection, alerts(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_and_fail()
    listed(connection, "a")
    assert waiting(connection, "a") == []


def test_the_queue_outlives_the_process(store: Path, connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    added(connection, *alerts(3))
    with transaction(again := open_store(store, queue.create).connection):
        enlist(again, ["a"])
    assert waiting(again, "a") == list(alerts(3))
    again.close()


def test_a_full_disk_is_named_and_what_could_not_be_put_is_put_later(connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    holding = Holding()
    stored = 0
    refused: list[str] = []
    for number in range(40):
        holding.add([alert(number, "x" * 1_000)])
        try:
            with transaction(connection):
                stored += put(connection, holding.alerts())
        except StoreError as error:
            refused.append(str(error))
        else:
            holding.clear()
    assert set(refused) == {"database or disk is full"}
    connection.execute("PRAGMA max_page_count = 1000000")
    with transaction(connection):
        stored += put(connection, holding.alerts())
    assert stored == 40
    assert [a.id for a in waiting(connection, "a")] == [alert(n).id for n in range(40)]


_FILL = """
import resource, signal, sys
from pathlib import Path
from iisight.watch import queue
from iisight.watch.database import StoreError, open_store, transaction
from tests.builders.alerts import alert
connection = open_store(Path(sys.argv[1]), queue.create).connection
with transaction(connection):
    queue.enlist(connection, ["a"])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
for number in range(1000):
    try:
        with transaction(connection):
            queue.put(connection, [alert(number, "x" * 5000)])
    except StoreError:
        print(number)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with transaction(connection):
    queue.put(connection, [alert(number)])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_a_file_that_cannot_grow_is_named_and_all_that_was_committed_stays(store: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", _FILL, store], capture_output=True, check=True, cwd=Path.cwd())
    failed_at = int(ran.stdout)
    connection = connect(store)
    assert failed_at > 0
    assert [a.id for a in waiting(connection, "a")] == [alert(n).id for n in range(failed_at + 1)]
    connection.close()


def damaged(store: Path) -> Opened:
    return open_store(store, queue.create)


@pytest.mark.parametrize(
    "data", [b"not a database, and long enough to be sure of that" * 40, b"SQLite format 3\0" + b"\xff" * 8000]
)
def test_a_damaged_database_is_moved_aside_and_told(store: Path, data: bytes) -> None:
    store.write_bytes(data)
    opened = damaged(store)
    assert str(store) + ASIDE in opened.damage
    assert store.with_name(store.name + ASIDE).read_bytes() == data
    listed(opened.connection, "a")
    assert added(opened.connection, alert()) == 1
    opened.connection.close()
    again = damaged(store)
    assert again.damage == ""
    again.connection.close()


def test_pages_overwritten_in_the_middle_are_found_when_it_is_opened(
    store: Path, connection: sqlite3.Connection
) -> None:
    added(connection, *(alert(n, "x" * 3_000) for n in range(200)))
    connection.close()
    with store.open("r+b") as stream:
        stream.seek(store.stat().st_size // 2)
        stream.write(b"\xa5" * 200_000)
    opened = damaged(store)
    assert ASIDE in opened.damage
    opened.connection.close()


def test_damage_that_shows_while_it_runs_has_a_name(store: Path, connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    added(connection, *(alert(n, "x" * 3_000) for n in range(200)))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with store.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xa5" * 400_000)
    fresh = sqlite3.connect(store, isolation_level=None)
    with pytest.raises(DamagedError), transaction(fresh):
        put(fresh, [alert(1_000)])
    fresh.close()


def test_a_queue_that_was_long_gives_its_room_back(store: Path, connection: sqlite3.Connection) -> None:
    listed(connection, "a")
    added(connection, *(alert(n, "x" * 5_000) for n in range(2_000)))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    full_size = store.stat().st_size
    took(connection, "a", 2_000)
    for _ in range(10):
        shrink(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert store.stat().st_size < full_size / 4


def test_a_folder_that_is_not_there_is_an_error_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        open_store(tmp_path / "nowhere" / "watch.db", queue.create)


def test_a_second_connection_does_not_make_the_database(store: Path) -> None:
    with pytest.raises(StoreError):
        connect(store)
    assert not store.exists()


def test_what_is_held_in_memory_is_bounded_and_what_was_lost_is_told_first() -> None:
    holding = Holding(most=10)
    holding.add(alerts(25))
    said, *held = holding.alerts()
    assert held == list(alerts(10, 15))
    assert said.message == (
        "15 alerts, seen from 2026-03-01 02:59:30+00:00 to 2026-03-01 02:59:44+00:00, are lost: "
        "the queue could not be written"
    )
    holding.clear()
    assert (holding.alerts(), len(holding), holding.lost) == ((), 0, 0)


def test_what_is_held_in_memory_is_bounded_by_bytes() -> None:
    holding = Holding(size=50_000)
    holding.add(alert(n, "x" * 10_000) for n in range(20))
    assert (len(holding), holding.lost) == (4, 16)
