"""Syslog: messages as RFC 5424 has them, and real servers on this computer over UDP, TCP and TLS."""

import re
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from iisight.model.alert import Alert
from iisight.model.finding import Severity
from iisight.report.alerts import ecs_line, summary
from iisight.report.safe import escape
from iisight.watch.sinks.parse import sink_of
from iisight.watch.sinks.sink import SinkError
from iisight.watch.sinks.syslog_message import LEAST, Style, message
from tests.builders.alerts import HOSTILE, alert, alerts, full, hostile
from tests.builders.tls import Authority, certificate

# RFC 5424, 6: the header, one element of structured data, BOM and UTF-8
GRAMMAR = re.compile(
    rb"<(?P<pri>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<host>[!-~]{1,255}) "
    rb"(?P<app>[!-~]{1,48}) - (?P<msgid>[!-~]{1,32}) "
    rb"(?P<data>\[iisight@\d+(?: [a-z]+=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*\]) "
    rb"\xef\xbb\xbf(?P<text>.*)",
    re.DOTALL,
)
PARAMETER = re.compile(r' ([a-z]+)="((?:[^"\\\]]|\\["\\\]])*)"')
SECONDS = 20  # after which a server that hears nothing gives up


def parsed(raw: bytes) -> dict[str, str]:
    """Return the parts of a message and its parameters, unescaped."""
    found = GRAMMAR.fullmatch(raw)
    assert found, raw
    parts = {name: value.decode("utf-8") for name, value in found.groupdict().items()}
    return parts | {k: re.sub(r"\\(.)", r"\1", v) for k, v in PARAMETER.findall(parts["data"])}


def test_a_message_has_what_a_receiver_asks_for() -> None:
    assert message(full(), Style()) == (
        b"<130>1 2026-03-01T02:59:35.000000Z WEB01 iisight - IIS101 "
        b'[iisight@32473 id="00000000000000000000000000000005" kind="change" severity="critical" rule="IIS101"'
        b' about="ffffffffffffffffffffffffffffffff"] \xef\xbb\xbf' + summary(full()).encode()
    )


@pytest.mark.parametrize(("severity", "number"), [("critical", 2), ("high", 3), ("medium", 4), ("low", 5), ("info", 6)])
def test_the_priority_is_that_of_the_severity(severity: str, number: int) -> None:
    raw = message(alert(0, severity=Severity(severity)), Style(facility=10))
    assert parsed(raw)["pri"] == str(80 + number)


def test_hostile_text_stays_where_it_belongs() -> None:
    parts = parsed(message(hostile(), Style()))
    assert parts["text"] == summary(hostile())
    assert all(c.isprintable() for part in parts.values() for c in part)
    assert parts["rule"] == escape(HOSTILE)[:64]
    assert parts["id"] == hostile().id


@pytest.mark.parametrize("most", [480, 481, 482, 483, 2048])
def test_a_message_is_cut_between_characters_to_its_bound(most: int) -> None:
    raw = message(alert(0, "漢" * 100_000), Style(most=most))
    assert most - 3 <= len(raw) <= most
    assert parsed(raw)["text"].endswith("漢...")


def test_a_message_of_the_least_size_has_room_for_every_header() -> None:
    long = alert(0, "m", host="h" * 10_000, rule='"' * 10_000, about="f" * 32)
    raw = message(long, Style(most=LEAST, application="a" * 48, enterprise=2**32 - 1))
    assert len(raw) <= LEAST
    assert parsed(raw)["id"] == long.id


def test_a_document_that_does_not_fit_is_sent_as_a_line() -> None:
    assert parsed(message(full(), Style(ecs=True)))["text"].encode() == ecs_line(full()).rstrip(b"\n")
    assert parsed(message(full(), Style(ecs=True, most=1024)))["text"] == summary(full())


@dataclass
class Server:
    """What a server on this computer heard."""

    port: int
    heard: bytearray = field(default_factory=bytearray)
    connections: list[socket.socket] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, done: Callable[["Server"], bool]) -> bytes:
        with self.changed:
            assert self.changed.wait_for(lambda: done(self), SECONDS), bytes(self.heard[:1000])
            return bytes(self.heard)

    def frames(self, count: int) -> list[bytes]:
        """Return the messages of octet counting (RFC 6587, 3.4.1), when so many have come."""
        return split(self.wait_for(lambda s: len(split(bytes(s.heard))) >= count))

    def hang_up(self) -> None:
        for connection in self.connections:
            connection.close()


def split(data: bytes) -> list[bytes]:
    found = []
    while data:
        length, space, rest = data.partition(b" ")
        if not space or len(rest) < int(length):
            break
        found.append(rest[: int(length)])
        data = rest[int(length) :]
    return found


def served(listener: socket.socket, server: Server, context: ssl.SSLContext | None) -> None:
    """Take what comes until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=heard, args=(connection, server, context), daemon=True).start()


def heard(connection: socket.socket, server: Server, context: ssl.SSLContext | None) -> None:
    try:
        stream = connection if context is None else context.wrap_socket(connection, server_side=True)
        stream.settimeout(SECONDS)
        with server.changed:
            server.connections.append(stream)
            server.changed.notify_all()
        while data := stream.recv(65536):
            with server.changed:
                server.heard += data
                server.changed.notify_all()
    except OSError:
        pass  # hung up, or the client did not trust us
    finally:
        connection.close()


@pytest.fixture
def listen() -> Iterator[Callable[..., Server]]:
    listeners: list[socket.socket] = []
    servers: list[Server] = []

    def start(context: ssl.SSLContext | None = None, port: int = 0) -> Server:
        listener = socket.create_server(("127.0.0.1", port))
        listeners.append(listener)
        servers.append(Server(listener.getsockname()[1]))
        threading.Thread(target=served, args=(listener, servers[-1], context), daemon=True).start()
        return servers[-1]

    yield start
    for listener in listeners:
        with suppress(OSError):  # Windows has no such thing for one that listens
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for server in servers:
        server.hang_up()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


def texts(sent: tuple[Alert, ...]) -> list[bytes]:
    return [message(one, Style()) for one in sent]


def test_datagrams_arrive_one_for_each_alert() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(SECONDS)
        sink = sink_of(f"syslog+udp://127.0.0.1:{server.getsockname()[1]}")
        sent = (full(), hostile(), alert(1, "x" * 1_000_000))
        sink.send(sent)
        came = [server.recv(65535) for _ in sent]
        sink.close()
    assert came == [message(one, Style(most=2048)) for one in sent]


@pytest.mark.skipif(sys.platform == "win32", reason="there it is not heard")
def test_that_nobody_listens_for_datagrams_is_heard_with_the_next() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    sink = sink_of(f"syslog+udp://127.0.0.1:{port}")
    with pytest.raises(SinkError, match="refused"):
        sink.send(alerts(100))
    sink.close()


def test_messages_over_tcp_are_counted(listen: Callable[..., Server]) -> None:
    server = listen()
    sink = sink_of(f"syslog+tcp://127.0.0.1:{server.port}")
    sent = (full(), hostile(), *alerts(500))
    sink.send(sent[:2])
    sink.send(sent[2:])
    assert server.frames(len(sent)) == texts(sent)
    assert len(server.connections) == 1
    sink.close()


def test_a_server_that_hung_up_is_connected_to_anew_and_loses_nothing(listen: Callable[..., Server]) -> None:
    server = listen()
    sink = sink_of(f"syslog+tcp://127.0.0.1:{server.port}")
    sink.send([alert(0)])
    server.frames(1)
    for connection in server.connections:
        connection.shutdown(socket.SHUT_RDWR)
    sink.send([alert(1)])
    assert server.frames(2) == texts(alerts(2))
    sink.close()


def test_a_server_that_is_away_is_an_error_and_found_again(listen: Callable[..., Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    sink = sink_of(f"syslog+tcp://127.0.0.1:{port}")
    with pytest.raises(SinkError, match="refused"):
        sink.send([alert()])
    server = listen(port=port)
    sink.send([alert()])
    assert server.frames(1) == texts(alerts(1))
    sink.close()


def test_messages_over_tls_arrive(listen: Callable[..., Server], authority: Authority) -> None:
    server = listen(authority.context())
    sink = sink_of(f"syslog+tls://127.0.0.1:{server.port}?ca={authority.certificate}")
    sink.send(alerts(200))
    sink.send(alerts(1, 200))
    assert server.frames(201) == texts(alerts(201))
    assert len(server.connections) == 1
    sink.close()


def test_a_tls_server_that_hung_up_is_connected_to_anew(listen: Callable[..., Server], authority: Authority) -> None:
    server = listen(authority.context())
    sink = sink_of(f"syslog+tls://127.0.0.1:{server.port}?ca={authority.certificate}")
    sink.send([alert(0)])
    server.frames(1)
    for connection in server.connections:
        connection.shutdown(socket.SHUT_RDWR)
    sink.send([alert(1)])
    assert server.frames(2) == texts(alerts(2))
    sink.close()


def test_a_server_that_nobody_vouches_for_gets_nothing(listen: Callable[..., Server], authority: Authority) -> None:
    server = listen(authority.context())
    sink = sink_of(f"syslog+tls://127.0.0.1:{server.port}")
    with pytest.raises(SinkError, match="CERTIFICATE_VERIFY_FAILED"):
        sink.send([alert()])
    assert bytes(server.heard) == b""


def test_a_certificate_for_another_host_is_no_certificate(listen: Callable[..., Server], tmp_path: Path) -> None:
    other = certificate(tmp_path, "127.0.0.2")
    server = listen(other.context())
    sink = sink_of(f"syslog+tls://127.0.0.1:{server.port}?ca={other.certificate}")
    with pytest.raises(SinkError, match=r"127\.0\.0\.1"):
        sink.send([alert()])


def test_a_server_may_ask_who_we_are(listen: Callable[..., Server], authority: Authority) -> None:
    context = authority.context()
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    server = listen(context)
    us = f"&cert={authority.certificate}&key={authority.key}"
    sink = sink_of(f"syslog+tls://127.0.0.1:{server.port}?ca={authority.certificate}{us}")
    sink.send([alert()])
    assert server.frames(1) == texts(alerts(1))
    sink.close()
