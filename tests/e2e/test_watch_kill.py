"""A process that delivers alerts is killed again and again: none is lost, and what comes twice has the same id."""

import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from iisight.report.alerts import ecs_line
from iisight.watch import queue
from iisight.watch.courier import Courier, World
from iisight.watch.database import open_store, transaction
from iisight.watch.intake import Intake
from iisight.watch.sinks.parse import sink_of
from iisight.watch.sinks.syslog_message import Style, message
from tests.builders.alerts import START, alerts

KILLS = 30
TOTAL = 1_500
SECONDS = 60

_CHILD = """
import os, sys
from pathlib import Path
from iisight.watch import queue
from iisight.watch.database import open_store, transaction
from iisight.watch.delivery import Delivery, world
from iisight.watch.sinks.parse import sink_of
from tests.builders.alerts import alerts
store, total = Path(sys.argv[1]), int(sys.argv[2])
opened = open_store(store, queue.create)
assert not opened.damage, opened.damage
delivery = Delivery(store, [sink_of(text) for text in sys.argv[3:]], world("WEB01"))
delivery.start()
while (number := opened.connection.execute("SELECT last FROM queue_end").fetchone()[0]) < total:
    with transaction(opened.connection):
        queue.put(opened.connection, alerts(3, number))
    delivery.wake()
    os.write(1, b".")  # one for each commit: the parent counts them to choose a moment
assert delivery.stop(60) == ()
"""


@dataclass
class Server:
    """Syslog over TCP: what each connection said, in the order in which they came."""

    listener: socket.socket
    said: list[bytearray] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.said.append(bytearray())
            self.threads.append(threading.Thread(target=self.hear, args=(connection, self.said[-1]), daemon=True))
            self.threads[-1].start()

    def hear(self, connection: socket.socket, said: bytearray) -> None:
        with connection:
            while data := connection.recv(65536):
                said += data

    def messages(self) -> list[bytes]:
        """Return the whole messages; a connection may have ended amid one."""
        for thread in self.threads:
            thread.join(SECONDS)
        return [one for said in self.said for one in split(bytes(said))]


def split(data: bytes) -> Iterator[bytes]:
    while data:
        length, _, rest = data.partition(b" ")
        if len(rest) < int(length or 0):
            return
        yield rest[: int(length)]
        data = rest[int(length) :]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(socket.create_server(("127.0.0.1", 0)))
    threading.Thread(target=made.run, daemon=True).start()
    yield made
    made.listener.shutdown(socket.SHUT_RDWR)
    made.listener.close()


def child(store: Path, sinks: Sequence[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", _CHILD, store, str(TOTAL), *sinks], stdout=subprocess.PIPE)


def once(items: Sequence[bytes]) -> list[bytes]:
    return list(dict.fromkeys(items))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not there")
def test_a_process_killed_thirty_times_loses_nothing_and_keeps_the_order(tmp_path: Path, server: Server) -> None:
    target = tmp_path / "out"
    target.mkdir()
    port = server.listener.getsockname()[1]
    sinks = (f"file:{target / 'alerts'}?max=64KiB&keep=1000", f"syslog+tcp://127.0.0.1:{port}")
    chance = random.Random(4)
    for _ in range(KILLS):
        with child(tmp_path / "watch.db", sinks) as process:
            assert process.stdout is not None
            process.stdout.read(chance.randint(0, 30))
            process.kill()
    with child(tmp_path / "watch.db", sinks) as process:
        assert process.stdout is not None
        process.stdout.read()
        assert process.wait(SECONDS) == 0
    expected = alerts(TOTAL)
    files = sorted(target.iterdir(), key=lambda path: -int(path.suffix[1:] or 0))
    documents = [row for path in files for row in path.read_bytes().splitlines(keepends=True)]
    assert once(documents) == [ecs_line(one) for one in expected]
    assert once(server.messages()) == [message(one, Style()) for one in expected]
    assert len(files) > 5


def test_a_server_that_is_down_for_an_hour_gets_all_that_happened_in_it(tmp_path: Path) -> None:
    """The hour is simulated, the server is not; the process is ended twice in it."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        address = reserved.getsockname()
    time, put, tries = START, 0, 0
    connection = open_store(tmp_path / "watch.db", queue.create).connection

    def started() -> Courier:
        sink = sink_of(f"syslog+tcp://127.0.0.1:{address[1]}")
        intake = Intake(tmp_path / "watch.db", sink.name, (sink.name,))
        return Courier(sink, intake, World(lambda: time, lambda: 0.5, "WEB01"))

    courier = started()
    while time < START + timedelta(hours=1):
        with transaction(connection):
            put += queue.put(connection, alerts(20, put))
        wait, tries = courier.step(), tries + 1
        assert courier.failing
        time += timedelta(seconds=wait)
        if tries in (5, 12):
            courier.close()
            courier = started()
    with socket.create_server(address) as listener:
        server = Server(listener)
        accepting = threading.Thread(target=server.run)
        accepting.start()
        while not (courier.step() and server.said):
            pass
        courier.close()
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(SECONDS)
    assert put == 20 * tries > 200
    assert server.messages() == [message(one, Style()) for one in alerts(put)]
    connection.close()
