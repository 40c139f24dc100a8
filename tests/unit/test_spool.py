"""Events that mattered, kept for the next scan: what was written is read again as it was, whatever happened between."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.engine.hunt import hunt
from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers.exports import event_of_line, events
from iisight.parsers.record import text_of
from iisight.watch.spool import Spool, encoded
from tests.builders import gathered as logs
from tests.builders.feeds import Calendar


def held(spool: Spool) -> list[Event]:
    """Return the events of a spool."""
    found: list[Event] = []
    for log in spool.logs():
        with log.open() as stream:
            found += (event for event in events(stream, Locator("x")) if isinstance(event, Event))
    return found


def commands(spool: Spool) -> list[str]:
    """Return the ends of the command lines in a spool."""
    return [event.get("CommandLine")[-6:] for event in held(spool)]


words = st.text(max_size=12).map(text_of)
names = st.text(min_size=1, max_size=9).filter(lambda n: n != "Data" and not n.endswith(("#attributes", "_attributes")))
numbers = st.integers(0, 2**63)


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        Event, words, words, st.integers(0, 65_535),
        st.none() | st.datetimes(datetime(1601, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)), words,  # noqa: DTZ001
        st.none() | numbers, words, st.none() | numbers, st.dictionaries(names, words, max_size=5),
    )
)  # fmt: skip
def test_any_event_is_read_as_it_was_written(event: Event) -> None:
    line = encoded(event)
    read = event_of_line(line, event.locator)
    assert isinstance(read, Event)
    assert line.count(b"\n") == 1
    assert (read.provider, read.channel, read.id, read.time, read.computer, read.record, read.user, read.process) == (
        event.provider, event.channel, event.id, event.time, event.computer, event.record, event.user, event.process,
    )  # fmt: skip
    assert list(read.fields.items()) == list(event.fields.items())
    assert list(events(BytesIO(line), Locator(""))) == [event_of_line(line, Locator("", 1))]


def test_a_scan_hears_of_the_spool_what_it_would_of_the_log(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.write([logs.appcmd("install module /name:Odd /image:C:\\ProgramData\\odd.dll")])
    (finding,) = (f for f in hunt("spool", spool.logs()).findings if f.rule == "IIS301")
    assert "odd.dll" in finding.message
    spool.close()


def test_a_line_that_a_killed_watch_left_half_written_is_cut_off(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write(logs.noise(3))
    spool.close()
    with spool.files()[0].open("ab") as file:
        file.write(b'{"winlog":{"event_id":1' + b"x" * 200_000)
    again = Spool(tmp_path)
    again.write(logs.noise(1))
    assert commands(again) == ["000000", "000001", "000002", "000000"]
    assert hunt("spool", again.logs()).gaps == ()
    again.close()


def test_a_file_of_nothing_but_a_half_line_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "events-00000001.ndjson").write_bytes(b"{" * 70_000)
    spool = Spool(tmp_path)
    spool.write(logs.noise(1))
    assert commands(spool) == ["000000"]
    spool.close()


def test_files_end_at_their_size_and_the_oldest_go(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_file=2_000, max_total=6_000)
    for event in logs.noise(100):
        spool.write([event])
    spool.prune()
    sizes = [path.stat().st_size for path in spool.files()]
    assert sum(sizes) <= 6_000
    assert max(sizes) <= 2_000
    assert commands(spool)[-1] == "000099"
    spool.close()


def test_what_is_too_old_goes_and_what_is_not_stays(tmp_path: Path) -> None:
    calendar = Calendar()
    spool = Spool(tmp_path, max_file=500, max_age=3_600, today=calendar)
    for event in logs.noise(3):
        spool.write([event])
    for at, path in enumerate(spool.files()):
        os.utime(path, (calendar.now.timestamp() - 7_200 * (at != 1),) * 2)
    spool.prune()
    assert commands(spool) == ["000001"]
    spool.write(logs.noise(1))
    assert commands(spool) == ["000001", "000000"]
    spool.close()


def test_a_quiet_server_keeps_nothing_longer_than_it_should(tmp_path: Path) -> None:
    """A file is never full there: the next begins after a day, and one of which all is too old goes."""
    calendar = Calendar()
    spool = Spool(tmp_path, today=calendar)
    first, second, third = (replace(event, time=calendar.now) for event in logs.noise(3))
    spool.write([first])
    calendar.now += timedelta(hours=1)
    spool.write([second])
    assert len(spool.files()) == 1
    spool.close()
    calendar.now += timedelta(days=2)
    spool = Spool(tmp_path, today=calendar)
    spool.write([third])
    assert len(spool.files()) == 2
    spool.close()
    for path in spool.files():
        os.utime(path, (calendar.now.timestamp(),) * 2)
    calendar.now += timedelta(days=31)
    spool = Spool(tmp_path, today=calendar)
    assert spool.files() == ()
    spool.write([third])
    spool.write([third])  # what is told late is old, and no reason for a file of its own
    assert len(spool.files()) == 1
    spool.close()


def test_nothing_written_makes_no_file_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "events-x.ndjson").write_bytes(b"mine")
    spool = Spool(tmp_path, max_total=0)
    spool.write([])
    spool.prune()
    assert (spool.files(), spool.logs()) == ((), ())
    assert (tmp_path / "events-x.ndjson").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_nobody_else_reads_what_was_logged(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write(logs.noise(1))
    assert spool.files()[0].stat().st_mode & 0o077 == 0
    spool.close()
