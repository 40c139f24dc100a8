"""Standard input: what comes is taken as it comes, and whoever writes too fast has to wait."""

import io
import os
import threading
from collections.abc import Callable

from iisight.model.coverage import Gap, GapKind
from iisight.watch.feeds.feed import every_line
from iisight.watch.feeds.standard_input import PIECE, PIECES, StandardInput
from tests.builders.feeds import line, numbers

ENDED = Gap(GapKind.MISSING, "standard input", "has ended: no more events come from there")


def taken(feed: StandardInput, is_enough: Callable[[list[int]], bool]) -> list[int]:
    """Return numbers of records until there are enough."""
    found: list[int] = []
    while not is_enough(found):
        found += numbers(feed.poll())
    return found


def test_lines_come_and_the_end_is_told() -> None:
    feed = StandardInput(io.BytesIO(line(1) + b"no record\n" + line(2).rstrip()), every_line)
    assert taken(feed, lambda found: len(found) == 2) == [1, 2]
    assert feed.gaps() == (Gap(GapKind.MALFORMED, "standard input", "no record of an event log"), ENDED)
    assert (feed.poll(), feed.has_more, feed.gaps()) == ((), False, ())
    assert "ended" in feed.describe()


def test_nothing_is_waited_for_when_nothing_comes() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream:
        feed = StandardInput(stream, every_line)
        assert feed.poll() == ()
        os.write(writer, line(1))
        assert taken(feed, bool) == [1]
        os.close(writer)
        while "open" in feed.describe():
            feed.poll()


def test_a_flood_waits_and_is_not_lost() -> None:
    count = 20_000
    data = b"".join(line(n, "x" * 400) for n in range(count))
    assert len(data) > 2 * PIECE * PIECES
    reader, writer = os.pipe()
    sent = threading.Event()

    def send() -> None:
        with os.fdopen(writer, "wb") as file:
            file.write(data)
        sent.set()

    with os.fdopen(reader, "rb") as stream:
        feed = StandardInput(stream, every_line)
        feed.poll()
        threading.Thread(target=send, daemon=True).start()
        first = taken(feed, lambda found: len(found) >= 100)
        assert not sent.is_set()
        rest = taken(feed, lambda found: len(found) >= count - len(first))
        assert [*first, *rest] == list(range(count))
        while "open" in feed.describe():
            feed.poll()


def test_a_stream_that_fails_is_told() -> None:
    class Broken(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            raise OSError("the device is gone")

    feed = StandardInput(Broken(), every_line)
    gaps: tuple[Gap, ...] = ()
    while not gaps:
        feed.poll()
        gaps = feed.gaps()
    assert gaps == (Gap(GapKind.UNREADABLE, "standard input", "cannot be read: the device is gone"),)
