"""Feeds for the tests: a clock that stands still, lines of a forwarder, and event logs of a computer that never was."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from iisight.model.event import Event
from iisight.watch.feeds import Choose, Feed, feed_of
from iisight.watch.feeds.event_logs import NOT_FOUND, ApiError, Subscription
from iisight.watch.feeds.feed import every_line
from iisight.watch.spool import encoded


@dataclass(slots=True)
class Clock:
    """A clock that goes when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Calendar:
    """This computer's time, which somebody may set."""

    now: datetime = datetime(2026, 3, 1, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: int) -> None:
        """Set it forth, or back."""
        self.now += timedelta(**by)


def line(number: int, text: str = "") -> bytes:
    """Return a line that holds record `number`."""
    tree = {"@timestamp": "2026-03-01T10:00:00Z", "winlog": {"event_id": 7, "channel": "x", "record_id": number}}
    tree["winlog"]["event_data"] = {"a": text} if text else {}  # type: ignore[index]
    return json.dumps(tree).encode() + b"\n"


def lines(*events: Event) -> bytes:
    """Return events as Winlogbeat writes them."""
    return b"".join(map(encoded, events))


def drained(feed: Feed, most: int = 200) -> list[Event]:
    """Return all that a feed has by now."""
    found: list[Event] = []
    for _ in range(most):
        some = feed.poll()
        found += some
        if not some and not feed.has_more:
            return found
    raise AssertionError("the feed does not come to an end")


def numbers(events: Sequence[Event]) -> list[int]:
    """Return the numbers of records."""
    return [event.record or 0 for event in events]


@dataclass(slots=True)
class Logs:
    """Event logs in memory, in place of Windows'. Bookmarks are the numbers of records."""

    held: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    failing: dict[str, int] = field(default_factory=dict)  # channel → error of every call about it

    def write(self, channel: str, *numbers: int, provider: str = "p", data: str = "") -> None:
        """Write records."""
        self.held.setdefault(channel, []).extend((n, xml(channel, n, provider, data)) for n in numbers)

    def channels(self) -> Sequence[str]:
        return list(self.held)

    def is_enabled(self, channel: str) -> bool:
        self.check(channel)
        return channel not in self.disabled

    def newest(self, channel: str) -> str:
        self.check(channel)
        return str(self.held[channel][-1][0]) if self.held[channel] else ""

    def subscribe(self, channel: str, bookmark: str) -> Subscription:
        self.check(channel)
        known = [number for number, _ in self.held[channel]]
        if bookmark and int(bookmark) not in known:
            raise ApiError(NOT_FOUND, "not found")
        return _Subscription(self, channel, known.index(int(bookmark)) + 1 if bookmark else 0, bookmark)

    def check(self, channel: str) -> None:
        """Fail when it shall, or when there is no such channel."""
        if channel in self.failing:
            raise ApiError(self.failing[channel], "refused")
        if channel not in self.held:
            raise ApiError(15007, "no such channel")


@dataclass(slots=True)
class _Subscription:
    logs: Logs
    channel: str
    at: int
    mark: str

    def next(self, most: int) -> Sequence[str]:
        self.logs.check(self.channel)
        taken = self.logs.held[self.channel][self.at : self.at + most]
        self.at += len(taken)
        self.mark = str(taken[-1][0]) if taken else self.mark
        return [text for _, text in taken]

    def bookmark(self) -> str:
        return self.mark

    def close(self) -> None:
        self.at = 1 << 30


def xml(channel: str, number: int, provider: str = "p", data: str = "") -> str:
    """Return a record as EvtRender writes it."""
    return (
        f"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{provider}'/>"
        f"<EventID>1</EventID><TimeCreated SystemTime='2026-03-01T10:00:00.1234567Z'/><EventRecordID>{number}"
        f"</EventRecordID><Channel>{channel}</Channel><Computer>WEB01</Computer></System>"
        f"<EventData><Data Name='a'>{data}</Data></EventData></Event>"
    )


class Feeds:
    """Opens feeds, and closes them all in the end."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._opened: list[Feed] = []

    def open(self, path: Path, position: str = "", *, from_start: bool = True, choose: Choose = every_line) -> Feed:
        """Return a feed of a file or folder, which goes on at a position."""
        feed = feed_of(str(path), choose, from_start=from_start, clock=self.clock)
        feed.resume(position)
        self._opened.append(feed)
        return feed

    def close(self) -> None:
        for feed in self._opened:
            feed.close()
