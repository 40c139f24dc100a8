"""A file that a forwarder appends to: every line once, through rotations, cuts, restarts and damage."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import UsageError
from iisight.watch.feeds import feed_of, splitting
from iisight.watch.feeds.growing import GRACE
from tests.builders.feeds import Feeds, drained, line, numbers


@pytest.fixture
def feeds() -> Iterator[Feeds]:
    """Return what opens feeds."""
    opener = Feeds()
    yield opener
    opener.close()


def append(path: Path, *data: bytes) -> None:
    """Append to a file."""
    with path.open("ab") as file:
        file.writelines(data)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return where the log is."""
    return tmp_path / "events.ndjson"


def test_what_is_appended_comes_and_a_half_line_waits(log: Path, feeds: Feeds) -> None:
    append(log, line(1), line(2)[:20])
    feed = feeds.open(log)
    assert numbers(drained(feed)) == [1]
    append(log, line(2)[20:], line(3))
    assert numbers(drained(feed)) == [2, 3]
    assert feed.gaps() == ()


def test_what_was_there_before_the_watch_is_left_out(log: Path, feeds: Feeds) -> None:
    append(log, line(1), line(2)[:20])
    feed = feeds.open(log, from_start=False)
    assert drained(feed) == []
    append(log, line(2)[20:])
    assert numbers(drained(feed)) == [2]


def test_a_file_that_comes_later_is_read_from_its_start(log: Path, feeds: Feeds) -> None:
    feed = feeds.open(log, from_start=False)
    assert drained(feed) == []
    assert drained(feed) == []
    assert feed.gaps() == (Gap(GapKind.MISSING, str(log), "no such file yet"),)
    position = feed.position()
    append(log, line(1))
    assert numbers(drained(feed)) == [1]
    assert numbers(drained(feeds.open(log, position=position, from_start=False))) == [1]


def test_a_rotation_by_renaming_loses_and_repeats_nothing(log: Path, feeds: Feeds) -> None:
    append(log, line(1))
    feed = feeds.open(log)
    assert numbers(drained(feed)) == [1]
    append(log, line(2))
    log.rename(f"{log}.1")
    append(Path(f"{log}.1"), line(3), line(4).rstrip())
    append(log, line(5))
    assert numbers(drained(feed)) == [2, 3, 4, 5]
    assert feed.gaps() == ()


def test_several_rotations_between_two_looks_lose_nothing(log: Path, feeds: Feeds) -> None:
    append(log, line(1))
    feed = feeds.open(log)
    assert numbers(drained(feed)) == [1]
    stamp = log.stat().st_mtime_ns
    for number in (2, 3, 4):
        append(log, line(number))
        os.utime(log, ns=(stamp, stamp + number))
        log.rename(f"{log}.{9 - number}")
    append(log, line(5))
    assert numbers(drained(feed)) == [2, 3, 4, 5]


def test_the_old_file_is_read_while_the_new_one_is_empty(log: Path, feeds: Feeds) -> None:
    append(log, line(1))
    feed = feeds.open(log)
    drained(feed)
    log.rename(f"{log}.1")
    log.touch()
    assert drained(feed) == []
    append(Path(f"{log}.1"), line(2))
    assert numbers(drained(feed)) == [2]
    feeds.clock.now += GRACE + 1
    drained(feed)
    append(log, line(3))
    assert numbers(drained(feed)) == [3]


def test_a_file_that_was_cut_off_is_read_anew_and_told(log: Path, feeds: Feeds) -> None:
    append(log, line(1), line(2))
    feed = feeds.open(log)
    drained(feed)
    log.write_bytes(line(3))
    assert numbers(drained(feed)) == [3]
    reason = "was cut off: what was written between the last look and then may be lost"
    assert feed.gaps() == (Gap(GapKind.MISSING, str(log), reason),)


def test_a_file_that_was_cut_off_and_filled_beyond_where_reading_stood_is_noticed(log: Path, feeds: Feeds) -> None:
    append(log, line(1))
    feed = feeds.open(log)
    drained(feed)
    log.write_bytes(line(2) + line(3) + line(4))
    assert numbers(drained(feed)) == [2, 3, 4]


def test_the_copy_made_before_a_cut_gives_what_was_not_read(log: Path, feeds: Feeds) -> None:
    append(log, line(1))
    feed = feeds.open(log)
    drained(feed)
    append(log, line(2))
    shutil.copyfile(log, f"{log}.1")
    os.truncate(log, 0)
    append(log, line(3))
    assert numbers(drained(feed)) == [2, 3]
    assert feed.gaps() == ()


@pytest.mark.parametrize("how", ["appended", "renamed", "renamed twice", "copied and cut"])
def test_a_restart_goes_on_where_the_last_run_stopped(log: Path, how: str, feeds: Feeds) -> None:
    append(log, line(1), line(2), line(3)[:9])
    feed = feeds.open(log)
    assert numbers(drained(feed)) == [1, 2]
    position = feed.position()
    feed.close()
    append(log, line(3)[9:])
    stamp = log.stat().st_mtime_ns
    if how.startswith("renamed"):
        log.rename(f"{log}.2")
        if how == "renamed twice":
            append(log, line(4))
            os.utime(log, ns=(stamp, stamp + 1))
            log.rename(f"{log}.1")
    if how == "copied and cut":
        shutil.copyfile(log, f"{log}.1")
        os.truncate(log, 0)
    append(log, line(5))
    resumed = feeds.open(log, position=position)
    wanted = [3, 4, 5] if how == "renamed twice" else [3, 5]
    assert numbers(drained(resumed)) == wanted
    assert resumed.gaps() == ()


def test_a_place_that_is_gone_is_told_and_nothing_that_is_there_is_left_out(log: Path, feeds: Feeds) -> None:
    append(log, line(1), line(2))
    feed = feeds.open(log)
    drained(feed)
    position = feed.position()
    feed.close()
    log.unlink()
    append(log, line(3))
    resumed = feeds.open(log, position=position)
    assert numbers(drained(resumed)) == [3]
    assert [gap.reason for gap in resumed.gaps()] == [
        "where reading stopped is gone: read from the start; what was written meanwhile may be lost"
    ]


def test_logs_with_a_like_name_are_none_of_its_rotations(log: Path, feeds: Feeds) -> None:
    append(log, line(1))
    feed = feeds.open(log)
    drained(feed)
    for name in ("events.ndjson.lock", "events-security.ndjson", "events.ndjson.1.gz"):
        append(log.parent / name, line(99))
    log.rename(f"{log}.1")
    append(log, line(2))
    assert numbers(drained(feed)) == [2]


def test_lines_that_are_no_records_are_counted(log: Path, feeds: Feeds) -> None:
    append(log, b"what\n", b"{}\n", b'{"a":\n', b"[1]\n", b"\n", b"\0\0\0\n", line(1), b"\xff\xfe{\n", b"{}\n")
    feed = feeds.open(log)
    assert numbers(drained(feed)) == [1]
    assert sum(gap.count for gap in feed.gaps()) == 6
    assert feed.gaps() == ()


def test_what_is_not_chosen_is_not_read_but_must_look_whole(log: Path, feeds: Feeds) -> None:
    append(log, line(1), line(2), b'{"a": "b"\n')
    feed = feeds.open(log, choose=lambda lines: [b'"record_id": 2' in one for one in lines])
    assert numbers(drained(feed)) == [2]
    assert [gap.count for gap in feed.gaps()] == [1]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_are_told_by_the_first_bytes(log: Path, encoding: str, feeds: Feeds) -> None:
    text = "".join(line(n, "\u010a\u0a0a é").decode() for n in range(1, 5))
    data = text.encode(encoding)
    append(log, data[:301])
    feed = feeds.open(log)
    found = drained(feed)
    position = feed.position()
    append(log, data[301:])
    resumed = feeds.open(log, position=position)
    found += drained(resumed)
    assert numbers(found) == [1, 2, 3, 4]
    assert {event.get("a") for event in found} == {"\u010a\u0a0a é"}
    assert feed.gaps() == resumed.gaps() == ()


def test_a_line_that_is_too_long_is_passed_over_and_told(
    log: Path, monkeypatch: pytest.MonkeyPatch, feeds: Feeds
) -> None:
    monkeypatch.setattr(splitting, "MAX_LINE", 1000)
    append(log, line(1), b'{"a":"' + b"x" * 3000)
    feed = feeds.open(log)
    assert numbers(drained(feed)) == [1]
    position = feed.position()
    append(log, b"y" * 500)
    assert drained(feed) == []
    assert len(feed.gaps()) == 1
    for one in (feed, feeds.open(log, position=position)):
        append(log, b'"}\n' if one is feed else b"", line(2))
        assert numbers(drained(one))[:1] == [2]


def test_a_position_that_is_damaged_is_told_and_the_file_read_from_its_start(log: Path, feeds: Feeds) -> None:
    append(log, line(1))
    for text in ("{", "[]", '{"device":-1,"inode":1,"offset":1}', '{"device":1,"inode":1,"offset":"x"}', "[" * 9999):
        feed = feeds.open(log, position=text, from_start=False)
        assert numbers(drained(feed)) == [1]
        assert len(feed.gaps()) == 1


def test_one_poll_takes_a_bounded_piece(log: Path, feeds: Feeds) -> None:
    append(log, *(line(n, "x" * 100) for n in range(10_000)))
    feed = feeds.open(log)
    first = feed.poll()
    assert 0 < len(first) <= 2_000
    assert feed.has_more
    assert len(first) + len(drained(feed)) == 10_000


def test_the_position_is_small_and_says_nothing_of_the_content(log: Path, feeds: Feeds) -> None:
    append(log, line(1, "secret"))
    feed = feeds.open(log)
    drained(feed)
    assert len(feed.position()) < 250
    assert json.loads(feed.position())["offset"] == log.stat().st_size
    assert "secret" not in feed.position()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for text in (str(tmp_path / "pipe"), str(tmp_path / "no" / "x.ndjson"), "", "wineventlog:"):
        with pytest.raises(UsageError):
            feed_of(text)


def test_a_file_that_became_a_pipe_is_told_and_does_not_make_it_wait(log: Path, feeds: Feeds) -> None:
    feed = feeds.open(log)
    drained(feed)
    os.mkfifo(log)
    assert drained(feed) == []
    assert [gap.kind for gap in feed.gaps()] == [GapKind.MISSING, GapKind.UNREADABLE]
