"""What a feed is, and which one a text of the command line means."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from iisight.model.coverage import Gap
from iisight.model.errors import UsageError
from iisight.model.event import Event

STANDARD_INPUT = "-"
EVENT_LOGS = "wineventlog:"

Choose = Callable[[Sequence[bytes]], Sequence[bool]]
"""Tell of each line, a record in UTF-8, whether it has to be read: `Ear.choose`."""


class Feed(Protocol):
    """A stream of events that is asked now and again, by one thread, and goes on where it stopped after a restart."""

    @property
    def name(self) -> str:
        """Return what it is called: the text that named it. The same after a restart."""
        ...

    @property
    def has_more(self) -> bool:
        """Tell whether asking again at once is worth it: the last `poll` stopped at its bounds, not at the end."""
        ...

    def poll(self) -> tuple[Event, ...]:
        """Return what has come, a bounded piece of it, without waiting for more. Raises nothing."""
        ...

    def position(self) -> str:
        """Return where the next `poll` goes on, as a short JSON text: everything before has been returned."""
        ...

    def resume(self, position: str) -> None:
        """Go on where another run stopped; called before the first `poll`."""
        ...

    def gaps(self) -> tuple[Gap, ...]:
        """Return what was lost or could not be read since this was called last."""
        ...

    def describe(self) -> str:
        """Return in one line what it is and how it stands."""
        ...

    def close(self) -> None:
        """Let go of files and handles."""
        ...


def every_line(lines: Sequence[bytes]) -> Sequence[bool]:
    """Choose every line."""
    return [True] * len(lines)


def feed_of(
    text: str,
    choose: Choose = every_line,
    *,
    channels: Iterable[str] = (),
    from_start: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Feed:
    """Return the feed of a file, a folder, `-`, or `wineventlog:` with or without channels. Raises UsageError.

    Without a position to resume, what is there already was there before the watch, and is left out unless `from_start`.
    `channels` are those that rules are about besides iisight's own.
    """
    if text == STANDARD_INPUT:
        from iisight.watch.feeds.standard_input import StandardInput

        return StandardInput(sys.stdin.buffer, choose)
    if text.lower().startswith(EVENT_LOGS):
        return _event_logs(text, choose, channels, from_start, clock)
    if not text.strip() or "\0" in text:
        raise UsageError("an event feed is a file, a folder, `-` or `wineventlog:`")
    path = Path(text)
    if path.is_dir():
        from iisight.watch.feeds.folder import Folder

        return Folder(text, path, choose, from_start=from_start, clock=clock)
    return _growing(text, path, choose, from_start, clock)


def _growing(text: str, path: Path, choose: Choose, from_start: bool, clock: Callable[[], float]) -> Feed:
    from iisight.watch.feeds.growing import GrowingFile

    if not path.parent.is_dir():
        raise UsageError(f"{text}: no such folder; a file that comes later is waited for where it will be")
    try:
        is_other = not stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116  one look, whatever it is
    except OSError:
        is_other = False  # it may come
    if is_other:
        raise UsageError(f"{text}: no regular file; feed it to standard input and name `-`")
    return GrowingFile(text, path, choose, from_start=from_start, clock=clock)


def _event_logs(
    text: str, choose: Choose, channels: Iterable[str], from_start: bool, clock: Callable[[], float]
) -> Feed:
    from iisight.watch.feeds import wevtapi
    from iisight.watch.feeds.event_logs import ApiError, EventLogs

    try:
        api = wevtapi.Windows()
    except ApiError as error:
        raise UsageError(f"{text}: {error}; elsewhere, name a file or folder that a forwarder writes") from error
    named = tuple(filter(None, map(str.strip, text[len(EVENT_LOGS) :].split(","))))
    return EventLogs(text, api, choose, named=named, more=channels, from_start=from_start, clock=clock)
