"""However a stream of lines is cut into appends, rotations, polls and restarts: every line comes exactly once."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.watch.feeds.splitting import Splitter
from iisight.watch.feeds.tail import Place
from tests.builders.feeds import Feeds, drained, line, numbers

STEPS = ("append", "append", "half", "rename", "copy", "poll", "drain", "restart")


class Writer:
    """A forwarder that appends numbered lines to a file and rotates it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.ndjson"
        self.count = self._turns = self._stamp = 0
        self._rest = b""

    def append(self, half: bool) -> None:
        """Append two lines, or the half of one; what began before is ended first."""
        self.count += 1
        whole = line(self.count, "x" * (self.count * 37 % 300))
        data = self._rest + (whole[: len(whole) // 2] if half else whole)
        self._rest = whole[len(whole) // 2 :] if half else b""
        self._write(data)

    def end(self) -> None:
        """End a line that was begun."""
        if self._rest:
            data, self._rest = self._rest, b""
            self._write(data)

    def rotate(self, *, by_copy: bool) -> None:
        """Put what was written aside."""
        self.end()
        if not self.path.exists():
            return
        self._turns += 1
        old = self.path.with_name(f"{self.path.name}-{self._turns:04}")
        if by_copy:
            shutil.copyfile(self.path, old)
            self._touch(old)
            os.truncate(self.path, 0)
            self._touch(self.path)
        else:
            self.path.rename(old)

    def _write(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)
        self._touch(self.path)

    def _touch(self, path: Path) -> None:
        """Give a file a time of its own: those of the system are too coarse for a test."""
        self._stamp += 1
        os.utime(path, ns=(self._stamp * 10**9, self._stamp * 10**9))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_every_line_comes_once_whatever_happens_to_the_file(steps: list[str]) -> None:
    feeds = Feeds()
    with tempfile.TemporaryDirectory() as name:
        writer, found = Writer(Path(name)), list[int]()
        feed = feeds.open(writer.path)
        writer.append(half=False)
        found += numbers(drained(feed))
        for step in steps:
            if step in ("append", "half"):
                writer.append(step == "half")
            elif step == "rename":
                writer.rotate(by_copy=False)
            elif step == "copy":  # of a file of which nothing was read yet, nobody could tell that it was cut off
                writer.append(half=False)
                found += numbers(drained(feed))
                writer.append(half=False)
                writer.rotate(by_copy=True)
            elif step == "restart":
                position = feed.position()
                feed.close()
                feed = feeds.open(writer.path, position)
            else:
                found += numbers(feed.poll() if step == "poll" else drained(feed))
        writer.append(half=False)
        found += numbers(drained(feed))
        feeds.clock.now += 60
        found += numbers(drained(feed))
        feeds.close()
        assert found == list(range(1, writer.count + 1))
        assert feed.gaps() == ()


pieces = st.lists(st.integers(1, 40), max_size=60)
texts = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n\t \ufeff"), max_size=9), max_size=30)


@settings(max_examples=300, deadline=None)
@given(texts, pieces, st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"]), st.booleans())
def test_lines_are_the_same_however_they_come(written: list[str], cuts: list[int], encoding: str, ends: bool) -> None:
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    data = (mark + "".join(f"{text}\n" for text in written)).encode(encoding)
    data = data if ends or not written else data[: -2 if mark else -1]
    splitter, at, found = Splitter(), 0, []
    for cut in [*cuts, len(data)]:
        splitter.add(data[at : at + cut])
        at += cut
        found += splitter.take(3)
    while some := splitter.take(3, is_end=True):
        found += some
    told = [one.text.decode() for one in found]
    wanted = [text.strip(" \t\r\n\0") for text in written]
    assert [t for t in told if t] == [t for t in wanted if t]
    assert splitter.offset == len(data)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=7) | st.dictionaries(st.sampled_from(["lines", "done", "whole", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(junk | st.dictionaries(st.sampled_from(list(Place.__slots__)), st.integers() | st.text(max_size=4)))
def test_any_position_can_be_resumed(position: object) -> None:
    feeds = Feeds()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "x.ndjson")
        path.write_bytes(line(1))
        for one in (path, Path(name)):
            feed = feeds.open(one, json.dumps(position))
            drained(feed)
            assert isinstance(feed.position(), str)
    feeds.close()
