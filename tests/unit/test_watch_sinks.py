"""Sinks on this computer: which text makes which, terminal, files that rotate, commands, events of Windows."""

import io
import itertools
import json
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from iisight.model.alert import Alert, AlertKind
from iisight.model.errors import UsageError
from iisight.model.finding import Severity
from iisight.report.alerts import ecs_line, line
from iisight.watch.sinks.command import CommandSink
from iisight.watch.sinks.command import parse as command
from iisight.watch.sinks.eventlog import EVENT_IDS, MAX_STRING, TYPES, EventLogSink, strings
from iisight.watch.sinks.file import FileSink
from iisight.watch.sinks.forms import FORMS
from iisight.watch.sinks.parse import sink_of
from iisight.watch.sinks.sink import SinkError
from iisight.watch.sinks.terminal import TerminalSink
from tests.builders.alerts import alert, alerts, full, hostile

HOOK = "/bin/hook" if os.name != "nt" else "C:\\hook.exe"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a thing of POSIX")


def ids(*paths: Path) -> list[int]:
    """Return the numbers of the alerts that files hold, in order."""
    return [int(json.loads(row)["event"]["id"], 16) for path in paths for row in path.read_bytes().splitlines()]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("-", "-"),
        ("-?format=ecs", "-"),
        ("syslog+udp://log.example", "syslog+udp://log.example:514"),
        ("syslog+tcp://10.0.0.1:601?facility=authpriv&app=iis", "syslog+tcp://10.0.0.1:601"),
        ("syslog+tls://[2001:db8::1]", "syslog+tls://[2001:db8::1]:6514"),
        ("https://hooks.example/services/T0/B0/secret#format=chat", "https://hooks.example #c9a5e3d0"),
        ("https://user-data.example:8443/in?key=secret", "https://user-data.example:8443 #"),
        (f"command:{HOOK} --token secret", f"command:{HOOK} #"),
        (f"command?timeout=5:{HOOK}", f"command:{HOOK}"),
    ],
)
def test_a_text_makes_a_sink_whose_name_holds_no_secret(text: str, name: str) -> None:
    made = sink_of(text).name
    assert made.partition("#")[0] == name.partition("#")[0]
    assert "secret" not in made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no sink ''"),
        ("pigeon:home", "no sink 'pigeon'; there are: -, file, syslog"),
        ("-x", "expected - or -?format=ecs"),
        ("-?colour=red", "'colour' is not one of this sink"),
        ("file:", "expected file:PATH"),
        ("file:/nowhere/at/all/a.log", "there is no such folder"),
        ("file:a.log?max=1B", "expected 4,096 to"),
        ("file:a.log?max=10MiB&max=20MiB", "given twice"),
        ("file:a.log?keep=many", "expected 0 to 1,000"),
        ("file:a.log?format=xml", "expected one of ecs, text"),
        ("syslog+udp://", "expected HOST or HOST:PORT"),
        ("syslog+udp://host:99999", "Port out of range"),
        ("syslog+udp://host/path", "expected HOST or HOST:PORT"),
        ("syslog+udp://host?ca=x", "'ca' is not one of this sink"),
        ("syslog+tcp://host?facility=loud", "expected one of kern"),
        ("syslog+tcp://host?app=a%20b", "expected 1 to 48 characters"),
        ("syslog+tls://host?ca=/nowhere/ca.pem", "ca=/nowhere/ca.pem: No such file"),
        ("https://", "expected https://HOST/PATH"),
        ("https://user:secret@host/", "a name and password belong in authorization-file"),
        ("https://host:port/", "expected https://HOST:PORT/PATH"),
        ("https://host/a b", "in ASCII"),
        ("https://host/#authorization-env=IISIGHT_NOT_SET", "IISIGHT_NOT_SET: expected a header's value"),
        ("https://host/#authorization-file=/nowhere/token", f"{Path('/nowhere/token')}: No such file"),
        ("https://host/#authorization-file=a&authorization-env=b", "not both"),
        ("https://host/#proxy=socks://x", "expected http://HOST:PORT"),
        ("http://host/#ca=x", "'ca' is not one of this sink"),
        ("eventlog:System", "expected eventlog: and nothing behind it"),
        ("command:", "expected the whole path"),
        ("command:page --now", "expected the whole path"),
        (f"command:{HOOK} 'open", "No closing quotation"),
        (f"command?timeout=0:{HOOK}", "expected 1 to 600"),
        ("@/nowhere/sink", f"{Path('/nowhere/sink')}: No such file"),
    ],
)
def test_a_text_that_is_wrong_is_told_with_what_is_expected(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        sink_of(text)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32", reason="there it works")
def test_the_event_log_is_a_thing_of_windows() -> None:
    with pytest.raises(UsageError, match="no event log on this system"):
        sink_of("eventlog:")


def test_the_text_of_a_sink_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "sink").write_text("https://hooks.example/secret\nanother line\n")
    assert sink_of(f"@{tmp_path / 'sink'}").name.startswith("https://hooks.example #")


def test_a_terminal_shows_a_line_for_each_alert() -> None:
    stream = io.StringIO()
    TerminalSink(stream).send([full(), hostile()])
    assert stream.getvalue() == f"{line(full())}\n{line(hostile())}\n"


def test_colour_is_all_that_a_terminal_gets_besides() -> None:
    import re

    stream = io.StringIO()
    TerminalSink(stream, color=True).send([full(), hostile()])
    assert "\x1b[" in stream.getvalue()
    assert re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()) == f"{line(full())}\n{line(hostile())}\n"


def test_a_terminal_of_another_encoding_gets_what_it_has_written_out() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "cp1252", newline="\n")
    for ecs in (False, True):
        TerminalSink(stream, ecs=ecs).send([alert(0, "модуль é")])
    text, document = raw.getvalue().decode("cp1252").splitlines()
    assert text.endswith(r"\u043c\u043e\u0434\u0443\u043b\u044c é")
    assert json.loads(document)["message"] == "модуль é"


def test_standard_output_that_is_closed_is_an_error_that_can_be_tried_again() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(SinkError) as raised:
        TerminalSink(stream).send(alerts(2))
    assert raised.value.accepted == 0


def test_a_file_has_a_document_a_line(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "alerts")
    sink.send([full(), hostile()])
    sink.send([alert(9)])
    sink.close()
    assert (tmp_path / "alerts").read_bytes() == b"".join(map(ecs_line, (full(), hostile(), alert(9))))


@POSIX
def test_a_file_is_not_for_everybody(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "alerts")
    sink.send([alert()])
    sink.close()
    assert (tmp_path / "alerts").stat().st_mode & 0o007 == 0


def test_a_file_that_is_large_is_rotated_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    size = len(ecs_line(alert()))
    sink = FileSink(path, most=10 * size, keep=2)
    for number in range(37):
        sink.send([alert(number)])
    sink.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["alerts", "alerts.1", "alerts.2"]
    assert ids(tmp_path / "alerts.2", tmp_path / "alerts.1", path) == list(range(10, 37))


def test_no_file_is_kept_when_none_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    sink = FileSink(path, most=10 * len(ecs_line(alert())), keep=0)
    for number in range(15):
        sink.send([alert(number)])
    sink.close()
    assert [p.name for p in tmp_path.iterdir()] == ["alerts"]
    assert ids(path) == list(range(10, 15))


def test_a_rotation_that_was_killed_is_ended_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    for number, name in enumerate(("alerts.2", "alerts.1", "alerts.0")):
        (tmp_path / name).write_bytes(ecs_line(alert(number)))
    sink = FileSink(path, most=len(ecs_line(alert())), keep=4)
    sink.send([alert(3)])
    sink.send([alert(4)])
    sink.close()
    names = ["alerts.4", "alerts.3", "alerts.2", "alerts.1", "alerts"]
    assert ids(*(tmp_path / name for name in names)) == [0, 1, 2, 3, 4]
    assert not (tmp_path / "alerts.0").exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may rename in every folder")
def test_a_file_that_cannot_be_rotated_grows_to_twice_its_size(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "alerts", most=10 * len(ecs_line(alert(0, "same"))))
    sink.send([alert(0, "same")])
    tmp_path.chmod(0o500)
    for number in range(1, 21):
        sink.send([alert(number, "same")])
    with pytest.raises(SinkError, match="denied"):
        sink.send([alert(21, "same")])
    tmp_path.chmod(0o700)
    sink.close()
    assert ids(tmp_path / "alerts") == list(range(21))


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere a file that is read can be renamed")
def test_a_file_that_a_reader_holds_is_rotated_when_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    sink = FileSink(path, most=10 * len(ecs_line(alert())))
    sink.send([alert(0)])
    with path.open("rb"):
        for number in range(1, 15):
            sink.send([alert(number)])
    sink.send([alert(15)])
    sink.close()
    assert (ids(tmp_path / "alerts.1"), ids(path)) == (list(range(15)), [15])


@POSIX
def test_a_file_that_another_program_rotates_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    sink = FileSink(path)
    sink.send([alert(0)])
    path.rename(tmp_path / "moved")
    sink.send([alert(1)])
    sink.close()
    assert (ids(tmp_path / "moved"), ids(path)) == ([0], [1])


def test_a_file_that_another_program_copied_and_cut_off_is_not_rotated_before_its_time(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    sink = FileSink(path, most=len(ecs_line(alert(0))) * 3)
    sink.send(alerts(2))
    os.truncate(path, 0)
    sink.send(alerts(2, 2))
    sink.close()
    assert ids(path) == [2, 3]
    assert not (tmp_path / "alerts.1").exists()


@POSIX
def test_a_file_that_another_program_moves_away_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    path, ended = tmp_path / "alerts", threading.Event()

    def rotate() -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            with suppress(FileNotFoundError):
                path.rename(tmp_path / f"moved.{number:06}")

    rotating = threading.Thread(target=rotate)
    rotating.start()
    sink = FileSink(path)
    try:
        for number in range(100):
            sink.send([alert(number)])
    finally:
        ended.set()
        rotating.join()
        sink.close()
    moved = sorted(tmp_path.glob("moved.*"))
    assert len(moved) > 1
    assert [number for file in (*moved, path) if file.exists() for number in ids(file)] == list(range(100))


@pytest.mark.parametrize("cut", [1, 5, 100])
def test_half_a_document_after_a_power_loss_is_taken_away(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "alerts"
    path.write_bytes(ecs_line(alert(0)) + ecs_line(alert(1))[:cut])
    sink = FileSink(path)
    sink.send(alerts(2, 1))
    sink.close()
    assert ids(path) == [0, 1, 2]


def test_a_line_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    path.write_bytes(b"my own notes")
    sink = FileSink(path, FORMS["text"])
    sink.send([alert(0)])
    sink.close()
    assert path.read_text() == f"my own notes\n{line(alert(0))}\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_an_error_that_can_be_tried_again(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="No space left"):
        FileSink(Path("/dev/full")).send(alerts(2))


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from iisight.watch.sinks.file import FileSink
from iisight.watch.sinks.sink import SinkError
from tests.builders.alerts import alert
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
sink = FileSink(Path(sys.argv[1]))
number = failures = 0
while number < 40:
    try:
        sink.send([alert(number), alert(number + 1)])
        number += 2
    except SinkError:
        failures += 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(failures)
"""


@POSIX
def test_half_of_what_a_full_disk_took_does_not_stay(tmp_path: Path) -> None:
    import subprocess

    ran = subprocess.run([sys.executable, "-c", _LIMITED, tmp_path / "a"], capture_output=True, check=True)
    assert int(ran.stdout) == 1
    assert ids(tmp_path / "a") == list(range(40))


def script(tmp_path: Path, body: str) -> str:
    """Write a program and return its path."""
    path = tmp_path / "hook"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{body}\n")
    path.chmod(0o700)
    return str(path)


@POSIX
def test_a_command_gets_a_document_on_its_input_and_no_text_elsewhere(tmp_path: Path) -> None:
    out = tmp_path / "out"
    body = f"open({str(out)!r}, 'ab').write(repr(sys.argv[1:]).encode() + b' ' + sys.stdin.buffer.read())"
    CommandSink([script(tmp_path, body), "$(id)", "a b"]).send([full(), hostile()])
    assert out.read_bytes() == b"".join(b"['$(id)', 'a b'] " + ecs_line(a) for a in (full(), hostile()))


@POSIX
def test_a_command_that_fails_took_those_before(tmp_path: Path) -> None:
    body = f"sys.exit(3 if '{alert(2).id}' in sys.stdin.read() else 0)"
    with pytest.raises(SinkError, match="ended with status 3") as raised:
        CommandSink([script(tmp_path, body)]).send(alerts(5))
    assert raised.value.accepted == 2


@POSIX
def test_a_command_that_does_not_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    hook = script(tmp_path, "held = open(sys.argv[1], 'w'); os.fork(); time.sleep(600)")
    with pytest.raises(SinkError, match="not done after 1 s"):
        CommandSink([hook, str(alive)], timeout=1).send(alerts(1))
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""  # which comes when the last of them is gone
    os.close(reader)


@POSIX
def test_a_command_that_does_not_read_its_input_is_no_error(tmp_path: Path) -> None:
    CommandSink([script(tmp_path, "sys.exit(0)")]).send([alert(0, "x" * 1_000_000)])


@POSIX
def test_a_command_that_is_not_there_is_an_error_that_can_be_tried_again() -> None:
    with pytest.raises(SinkError, match="No such file"):
        sink_of("command:/nowhere/hook").send(alerts(1))


def test_arguments_of_a_command_are_split_as_a_shell_would() -> None:
    made = command("""command:/bin/page 'a b' "c d" e""") if os.name != "nt" else command('command:C:\\p.exe "a b"')
    assert made._arguments[1:] == (("a b", "c d", "e") if os.name != "nt" else ("a b",))


class Log:
    """An event log in memory that fails when it holds `most` events."""

    def __init__(self, most: int = 100) -> None:
        self.events: list[tuple[int, int, tuple[str, ...]]] = []
        self.most = most

    def report(self, kind: int, event: int, strings: Sequence[str]) -> None:
        if len(self.events) >= self.most:
            raise OSError(1502, "The event log file is full")
        self.events.append((kind, event, tuple(strings)))

    def close(self) -> None:
        pass


def test_an_event_has_a_type_an_id_a_line_and_a_document() -> None:
    log = Log()
    EventLogSink(log).send([full(), alert(1, kind=AlertKind.HEALTH, severity=Severity.INFO)])
    (first, second) = log.events
    assert first == (1, 101, (line(full()), ecs_line(full()).decode().rstrip("\n")))
    assert second[:2] == (4, 105)


def test_every_kind_and_severity_has_an_event() -> None:
    assert set(EVENT_IDS) == set(AlertKind)
    assert all(1 <= number <= 1000 for number in EVENT_IDS.values())  # the messages that EventCreate.exe has
    assert set(TYPES) == set(Severity)


def test_an_event_log_that_fails_took_those_before() -> None:
    with pytest.raises(SinkError, match="event log file is full") as raised:
        EventLogSink(Log(2)).send(alerts(5))
    assert raised.value.accepted == 2


@pytest.mark.parametrize(
    "sent", [hostile(), alert(0, "100%1 %%4096 %n %!s!"), alert(0, "🙂" * 100_000, old="x" * 10**6)]
)
def test_nothing_in_an_event_is_an_insertion_and_none_is_too_long(sent: Alert) -> None:
    import re

    shown = strings(sent)
    assert not any(re.search(r"%[%0-9!]", text) or "\0" in text for text in shown)
    assert all(len(text.encode("utf-16-le")) // 2 <= MAX_STRING for text in shown)
    if len(shown) == 2:
        assert json.loads(shown[1]) == json.loads(ecs_line(sent))
