"""A folder into which a forwarder puts files: each is read once, whole ones when they are whole."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from iisight.model.coverage import GapKind
from iisight.watch.feeds import Feed, folder
from iisight.workbench.evtx import write
from tests.builders.feeds import Feeds, drained, line, numbers, xml
from tests.builders.gathered import noise


@pytest.fixture
def feeds() -> Iterator[Feeds]:
    """Return what opens feeds."""
    opener = Feeds()
    yield opener
    opener.close()


def later(feeds: Feeds, feed: Feed, seconds: float = folder.SCAN) -> list[int]:
    """Return the numbers of the records that a feed has some seconds later."""
    feeds.clock.now += seconds
    return numbers(drained(feed))


def test_files_of_lines_are_followed_as_they_grow(tmp_path: Path, feeds: Feeds) -> None:
    feed = feeds.open(tmp_path)
    assert drained(feed) == []
    (tmp_path / "a.ndjson").write_bytes(line(1) + line(2)[:9])
    assert later(feeds, feed) == [1]
    with (tmp_path / "a.ndjson").open("ab") as file:
        file.write(line(2)[9:])
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.log").write_bytes(line(3))
    assert sorted(later(feeds, feed)) == [2, 3]
    assert later(feeds, feed, 60) == []
    assert feed.gaps() == ()


def test_a_last_line_without_its_end_comes_when_it_is_a_whole_record_and_nothing_follows(
    tmp_path: Path, feeds: Feeds
) -> None:
    (tmp_path / "a.ndjson").write_bytes(line(1) + line(2).rstrip() + b"")
    (tmp_path / "b.ndjson").write_bytes(line(3) + b'{"winlog":{"event_id":1}')
    feed = feeds.open(tmp_path)
    assert sorted(numbers(drained(feed))) == [1, 3]
    assert later(feeds, feed, folder.SETTLE) == [2]
    assert feed.gaps() == ()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.json", json.dumps([json.loads(line(n)) for n in (1, 2)], indent=1).encode()),
        ("x.xml", f"<Events>{xml('c', 1)}\n{xml('c', 2)}</Events>".encode("utf-16")),
        ("x.json", line(1).rstrip() + line(2).rstrip()),
    ],
)
def test_other_files_are_read_when_they_do_not_change_any_more(
    tmp_path: Path, feeds: Feeds, name: str, data: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(data[: len(data) // 2])
    feed = feeds.open(tmp_path)
    assert drained(feed) == []
    file.write_bytes(data)
    assert later(feeds, feed) == []
    assert later(feeds, feed, folder.SETTLE) == [1, 2]
    assert later(feeds, feed, 60) == []


def test_event_logs_are_read_in_pieces_and_go_on_after_a_restart(
    tmp_path: Path, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MAX_RECORDS", 40)
    (tmp_path / "Sysmon.evtx").write_bytes(write(noise(100)))
    feed = feeds.open(tmp_path)
    drained(feed)
    feeds.clock.now += folder.SETTLE
    first = feed.poll()
    position = feed.position()
    feed.close()
    assert len(first) == 40
    resumed = feeds.open(tmp_path, position)
    drained(resumed)
    feeds.clock.now += folder.SETTLE
    rest = drained(resumed)
    assert [e.get("CommandLine")[-6:] for e in (*first, *rest)] == [f"{n:06}" for n in range(100)]
    again = feeds.open(tmp_path, resumed.position())
    drained(again)
    assert later(feeds, again, folder.SETTLE) == []


def test_what_was_there_before_the_watch_is_left_out(tmp_path: Path, feeds: Feeds) -> None:
    (tmp_path / "a.ndjson").write_bytes(line(1))
    (tmp_path / "b.json").write_bytes(b"[\n" + line(2) + b"]")
    feed = feeds.open(tmp_path, from_start=False)
    assert drained(feed) == []
    with (tmp_path / "a.ndjson").open("ab") as file:
        file.write(line(3))
    (tmp_path / "c.json").write_bytes(b"[\n" + line(4) + b"]")
    assert later(feeds, feed) == [3]
    assert later(feeds, feed, folder.SETTLE) == [4]


def test_a_restart_repeats_no_file_and_goes_on_in_those_that_grow(tmp_path: Path, feeds: Feeds) -> None:
    (tmp_path / "a.ndjson").write_bytes(line(1))
    (tmp_path / "b.json").write_bytes(b"[\n" + line(2) + b"]")
    feed = feeds.open(tmp_path)
    assert numbers(drained(feed)) == [1]
    assert later(feeds, feed, folder.SETTLE) == [2]
    position = feed.position()
    feed.close()
    (tmp_path / "a.ndjson").rename(tmp_path / "a-old.ndjson")
    with (tmp_path / "a-old.ndjson").open("ab") as file:
        file.write(line(3))
    resumed = feeds.open(tmp_path, position)
    assert feeds.open(tmp_path, position).position() == position
    assert numbers(drained(resumed)) == [3]
    assert later(feeds, resumed, 60) == []


def test_a_file_that_is_written_anew_is_read_anew(tmp_path: Path, feeds: Feeds) -> None:
    (tmp_path / "a.ndjson").write_bytes(line(1) + line(2))
    feed = feeds.open(tmp_path)
    drained(feed)
    (tmp_path / "a.ndjson").write_bytes(line(3))
    assert later(feeds, feed) == [3]
    assert [gap.reason for gap in feed.gaps()] == ["was written anew: read from the start"]


def test_what_is_no_log_is_told_once_and_links_are_not_followed(tmp_path: Path, feeds: Feeds) -> None:
    held, outside = tmp_path / "in", tmp_path / "out.ndjson"
    held.mkdir()
    outside.write_bytes(line(1))
    (held / "link.ndjson").symlink_to(outside)
    (held / "up").symlink_to(tmp_path)
    os.mkfifo(held / "pipe.ndjson")
    (held / "half.ndjson.tmp").write_bytes(line(2))
    (held / "empty.json").touch()
    (held / "x.exe").write_bytes(b"MZ" + b"\0" * 100)
    feed = feeds.open(held)
    drained(feed)
    assert later(feeds, feed, folder.SETTLE) == []
    assert later(feeds, feed, 60) == []
    gaps = feed.gaps()
    assert [(gap.kind, gap.reason) for gap in gaps] == [(GapKind.UNREADABLE, "no event log but an executable")]


def test_too_many_files_are_told(tmp_path: Path, feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", 3)
    for n in range(5):
        (tmp_path / f"{n}.ndjson").write_bytes(line(n))
    feed = feeds.open(tmp_path)
    assert len(drained(feed)) == 3
    assert [gap.kind for gap in feed.gaps()] == [GapKind.REFUSED]


def test_a_folder_that_cannot_be_read_for_a_while_makes_nothing_come_twice(tmp_path: Path, feeds: Feeds) -> None:
    held = tmp_path / "in"
    held.mkdir()
    (held / "a.ndjson").write_bytes(line(1))
    feed = feeds.open(held)
    assert numbers(drained(feed)) == [1]
    held.rename(tmp_path / "away")
    assert later(feeds, feed) == []
    (tmp_path / "away").rename(held)
    assert later(feeds, feed) == []
    assert [gap.kind for gap in feed.gaps()] == [GapKind.UNREADABLE]
