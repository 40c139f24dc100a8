"""Webhooks: real servers on this computer that take, refuse, stall and break off."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from iisight.model.alert import Alert
from iisight.model.errors import UsageError
from iisight.report.alerts import ecs, ecs_line, line
from iisight.watch.sinks.parse import sink_of
from iisight.watch.sinks.sink import SinkError, SinkRefused
from iisight.watch.sinks.webhook import BODIES, Target, WebhookSink
from tests.builders.alerts import alert, alerts, full, hostile
from tests.builders.tls import certificate

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Request:
    """What a server was asked."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A server that gives its answers as they stand, one a request, the last again and again; then it hangs up."""

    port: int = 0
    answers: list[bytes] = field(default_factory=lambda: [OK])
    asked: list[Request] = field(default_factory=list)
    stall: threading.Event | None = None  # waited for before the end of an answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def server() -> Iterator[Server]:
    given = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given.asked.append(Request(self.path, dict(self.headers), body))
            self.wfile.write(given.answers.pop(0) if len(given.answers) > 1 else given.answers[0])
            if given.stall is not None:
                self.wfile.flush()
                given.stall.wait(20)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that hangs up is what some tests are about

    listening = Quiet(("127.0.0.1", 0), Handler)
    given.port = listening.server_address[1]
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield given
    if given.stall is not None:
        given.stall.set()
    listening.shutdown()
    listening.server_close()


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


def failed(server: Server, sent: tuple[Alert, ...] = alerts(1), settings: str = "") -> SinkError:
    """Send and return what the sink raised."""
    with pytest.raises(SinkError) as raised:
        sink_of(f"{server.url}/secret{settings}").send(sent)
    assert "secret" not in str(raised.value)
    return raised.value


def test_alerts_are_posted_as_documents_with_a_key(server: Server) -> None:
    sink = sink_of(f"{server.url}/in/alerts?index=iis")
    sink.send([full()])
    sink.send((full(), hostile()))
    one, two = server.asked
    assert (one.path, one.body) == ("/in/alerts?index=iis", ecs_line(full()))
    assert one.headers["Content-Type"] == "application/x-ndjson"
    assert one.headers["Idempotency-Key"] == full().id
    assert two.body == ecs_line(full()) + ecs_line(hostile())
    assert len(two.headers["Idempotency-Key"]) == 32


def test_the_same_alerts_have_the_same_key(server: Server) -> None:
    sink = sink_of(server.url)
    sink.send(alerts(3))
    sink.send(alerts(3))
    sink.send(alerts(4))
    keys = [request.headers["Idempotency-Key"] for request in server.asked]
    assert keys[0] == keys[1] != keys[2]


def test_an_array_is_an_array(server: Server) -> None:
    sink_of(f"{server.url}/#format=array").send((full(), hostile()))
    found = json.loads(server.asked[0].body)
    assert found[0] == json.loads(json.dumps(ecs(full())))
    assert [document["event"]["id"] for document in found] == [full().id, hostile().id]


def test_a_chat_gets_lines_and_calls_nobody(server: Server) -> None:
    sent = (*alerts(25), alert(30, "<!channel> & @here"))
    sink_of(f"{server.url}/#format=chat").send(sent)
    said = [json.loads(request.body)["text"] for request in server.asked]
    assert [text.count("\n") + 1 for text in said] == [20, 6]
    assert said[0].splitlines() == [line(one) for one in sent[:20]]
    assert said[1].endswith("&lt;!channel&gt; &amp; @\u2060here")


def test_what_a_chat_took_before_it_failed_is_told(server: Server) -> None:
    server.answers = [OK, answer("500 Oops")]
    assert failed(server, alerts(45), "#format=chat").accepted == 20


@pytest.mark.parametrize(
    "status", ["500 Oops", "502 Bad", "503 Busy", "429 Slow down", "401 No", "403 No", "404 No", "410 Gone"]
)
def test_what_may_work_later_is_tried_again(server: Server, status: str) -> None:
    server.answers = [answer(status)]
    error = failed(server)
    assert not isinstance(error, SinkRefused)
    assert status in str(error)


@pytest.mark.parametrize("status", ["400 Bad Request", "413 Too Large", "422 Unprocessable"])
def test_what_speaks_against_the_content_is_a_refusal(server: Server, status: str) -> None:
    server.answers = [answer(status)]
    assert isinstance(failed(server), SinkRefused)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["Retry-After: 120"], 120),
        (["Retry-After: Sun, 01 Mar 2026 00:02:00 GMT", "Date: Sun, 01 Mar 2026 00:00:30 GMT"], 90),
        (["Retry-After: Sun, 01 Mar 2026 00:02:00 GMT"], 0),
        (["Retry-After: soon"], 0),
        (["Retry-After: -5"], 0),
        (["Retry-After: ²"], 0),
        ([], 0),
    ],
)
def test_a_server_says_when_to_come_again(server: Server, headers: list[str], seconds: float) -> None:
    server.answers = [answer("429 Slow down", *headers)]
    assert failed(server).retry_after == seconds


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.answers = [answer("307 Elsewhere", f"Location: {server.url}/other")]
    assert "a redirect is not followed" in str(failed(server, settings="#authorization-env=PATH"))
    assert [request.path for request in server.asked] == ["/secret"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_or_is_none_is_no_receipt(server: Server, broken: bytes) -> None:
    server.answers = [broken]
    assert not isinstance(failed(server), SinkRefused)


def test_a_long_answer_is_not_read_to_its_end(server: Server) -> None:
    server.answers = [answer("200 OK", body=b"x" * 10_000_000)]
    sink_of(server.url).send(alerts(1))
    assert len(server.asked) == 1


def test_hostile_words_of_a_server_do_nothing_to_a_terminal(server: Server) -> None:
    server.answers = [answer("500 \x1b[31mred")]
    assert "\\x1b[31mred" in str(failed(server))


def test_a_server_that_says_nothing_is_given_up(server: Server) -> None:
    server.stall, server.answers = threading.Event(), [b"HTTP/1.1 200 OK\r\n"]
    assert "timed out" in str(failed(server, settings="#timeout=1"))


def test_a_server_that_drips_is_given_up_as_well(server: Server) -> None:
    server.stall, server.answers = threading.Event(), [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nh"]
    target = Target(urlsplit(server.url), BODIES["ndjson"], timeout=20, longest=0.2)
    with pytest.raises(SinkError, match=r"the answer takes too long|timed out"):
        WebhookSink(target).send(alerts(1))


def test_a_server_that_is_away_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert "refused" in str(failed(Server(port)))


def test_a_secret_comes_from_the_environment_or_a_file_and_is_read_each_time(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IISIGHT_TOKEN", "Bearer one")
    token = tmp_path / "token"
    token.write_text("Bearer two\n")
    by_file = sink_of(f"{server.url}#authorization-file={token}")
    sink_of(f"{server.url}#authorization-env=IISIGHT_TOKEN").send(alerts(1))
    by_file.send(alerts(1))
    token.write_text("Bearer three\n")
    by_file.send(alerts(1))
    token.unlink()
    with pytest.raises(SinkError, match="token"):
        by_file.send(alerts(1))
    assert [r.headers["Authorization"] for r in server.asked] == ["Bearer one", "Bearer two", "Bearer three"]


@pytest.mark.parametrize("secret", ["", "\n", "Bearer a\r\x00b", "Bearer é"])
def test_a_secret_that_is_no_header_is_refused_without_being_told(tmp_path: Path, secret: str) -> None:
    (tmp_path / "token").write_bytes(secret.encode())
    with pytest.raises(UsageError) as raised:
        sink_of(f"https://host/#authorization-file={tmp_path / 'token'}")
    assert "Bearer" not in str(raised.value)


def test_a_secret_does_not_leave_the_computer_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IISIGHT_TOKEN", "Bearer one")
    with pytest.raises(UsageError, match="use https"):
        sink_of("http://collector.example/#authorization-env=IISIGHT_TOKEN")
    assert sink_of("http://[::1]:8080/#authorization-env=IISIGHT_TOKEN").name.startswith("http://[::1]:8080 #")


def test_a_proxy_is_asked_for_a_tunnel(server: Server) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def proxy() -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    thread = threading.Thread(target=proxy, daemon=True)
    thread.start()
    sink = sink_of(f"https://collector.example/#proxy=http://127.0.0.1:{listener.getsockname()[1]}")
    with pytest.raises(SinkError, match="403"):
        sink.send(alerts(1))
    thread.join(20)
    listener.close()
    assert asked[0].startswith(b"CONNECT collector.example:443 HTTP/1")


def test_over_tls_a_server_that_nobody_vouches_for_gets_nothing(
    make_tls: Callable[[Server], str], server: Server
) -> None:
    with pytest.raises(SinkError, match="CERTIFICATE_VERIFY_FAILED"):
        sink_of(make_tls(server).partition("#")[0]).send(alerts(1))
    assert server.asked == []


def test_over_tls_alerts_are_posted(make_tls: Callable[[Server], str], server: Server) -> None:
    sink_of(make_tls(server)).send(alerts(2))
    assert server.asked[0].body == b"".join(map(ecs_line, alerts(2)))


@pytest.fixture
def make_tls(tmp_path: Path) -> Iterator[Callable[[Server], str]]:
    """Put TLS before a server: every connection is handed on to it."""
    authority = certificate(tmp_path, "127.0.0.1")
    listener = socket.create_server(("127.0.0.1", 0))

    def hand_on(port: int) -> None:
        while True:
            try:
                plain, _ = listener.accept()
                inner = socket.create_connection(("127.0.0.1", port))
                with inner, authority.context().wrap_socket(plain, server_side=True) as outer:
                    outer.settimeout(20)
                    request = outer.recv(65536)
                    while b"\n" not in request.rpartition(b"\r\n\r\n")[2]:
                        request += outer.recv(65536)
                    inner.sendall(request)
                    while data := inner.recv(65536):
                        outer.sendall(data)
            except OSError:
                if listener.fileno() == -1:
                    return

    def start(server: Server) -> str:
        threading.Thread(target=hand_on, args=(server.port,), daemon=True).start()
        return f"https://127.0.0.1:{listener.getsockname()[1]}/#ca={authority.certificate}"

    yield start
    with suppress(OSError):  # Windows has no such thing for one that listens
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
