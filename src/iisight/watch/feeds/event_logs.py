"""The event logs of this computer, by subscriptions with bookmarks: nothing is lost over a restart of the watch."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import IisightError
from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers.exports import event_of_line
from iisight.watch.feeds.channels import wanted_channels
from iisight.watch.feeds.feed import Choose
from iisight.watch.feeds.ledger import Ledger, Once

BATCH = 64  # records of one channel at once
MAX_RECORDS = 256  # of all channels at once
LOOK = 300.0  # seconds between looks for new channels
RETRY = 60.0  # seconds until a channel that cannot be had is tried again
MAX_BOOKMARK = 4_096  # characters

ACCESS_DENIED, NOT_FOUND, INVALID_BOUND = 5, 1168, 1734  # of winerror.h
STALE, NO_CHANNEL = 15011, 15007  # ERROR_EVT_QUERY_RESULT_STALE, ERROR_EVT_CHANNEL_NOT_FOUND

_RECORD = re.compile(r"<EventRecordID>(\d{1,19})</EventRecordID>")


class ApiError(IisightError):
    """Windows refused; `code` is that of `winerror.h`."""

    def __init__(self, code: int, text: str) -> None:
        """Keep the number and what it means."""
        super().__init__(f"{text} (error {code})" if code else text)
        self.code = code


class Subscription(Protocol):
    """The records of one channel as they come. Every method but `close` raises ApiError."""

    def next(self, most: int) -> Sequence[str]:
        """Return records that are there, as XML, at most so many; none when there is none. Does not wait."""
        ...

    def bookmark(self) -> str:
        """Return the bookmark of the last record that was given."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Api(Protocol):
    """The event logs of a computer. Every method raises ApiError."""

    def channels(self) -> Sequence[str]:
        """Return the names of all channels."""
        ...

    def is_enabled(self, channel: str) -> bool:
        """Tell whether a channel takes records."""
        ...

    def newest(self, channel: str) -> str:
        """Return the bookmark of the newest record, empty when the channel has none."""
        ...

    def subscribe(self, channel: str, bookmark: str) -> Subscription:
        """Return the records behind a bookmark; without one, from the oldest on."""
        ...


@dataclass(slots=True)
class _Channel:
    name: str
    bookmark: str = ""  # empty: from the oldest record on
    record: int | None = None  # of the last one that was read
    is_begun: bool = False  # `bookmark` counts
    subscription: Subscription | None = None
    retry: float | None = None  # when to try again
    batch: int = BATCH


class EventLogs:
    """The channels that hold what is read, or those that were named."""

    def __init__(
        self,
        name: str,
        api: Api,
        choose: Choose,
        *,
        named: Iterable[str] = (),
        more: Iterable[str] = (),
        from_start: bool,
        clock: Callable[[], float],
    ) -> None:
        """Take the logs of a computer; the first `poll` asks which channels there are."""
        self.name = name
        self._api = api
        self._choose = choose
        self._named, self._more = tuple(named), tuple(more)
        self._from_start = from_start
        self._clock = clock
        self._ledger = Ledger()
        self._once = Once(self._ledger)
        self._channels: dict[str, _Channel] = {}
        self._next_look = 0.0
        self._is_known = self._may_have_more = False
        self._records = self._events = 0

    @property
    def has_more(self) -> bool:
        """Tell whether the last `poll` stopped at its bounds."""
        return self._may_have_more

    def poll(self) -> tuple[Event, ...]:
        """Return what has come on all channels; each gets its turn."""
        self._may_have_more = False
        if not self._is_known or self._clock() >= self._next_look:
            self._look()
        found: list[Event] = []
        left = MAX_RECORDS
        for channel in list(self._channels.values()):
            if left <= 0:
                self._may_have_more = True
                break
            most = min(left, channel.batch)
            texts = self._some(channel, most)
            left -= len(texts)
            self._may_have_more |= len(texts) == most
            found += self._read(channel, texts)
            if texts:  # those that had something come last the next time
                self._channels[channel.name] = self._channels.pop(channel.name)
        return tuple(found)

    def position(self) -> str:
        """Return the bookmark of each channel."""
        begun = {c.name: [c.bookmark, c.record] for c in self._channels.values() if c.is_begun}
        return json.dumps({"channels": begun}, separators=(",", ":"), sort_keys=True) if begun else ""

    def resume(self, position: str) -> None:
        """Go on behind the bookmarks of another run."""
        try:
            held = json.loads(position or "{}").get("channels", {})
            for name, (bookmark, record) in held.items():
                if len(bookmark) <= MAX_BOOKMARK and (record is None or type(record) is int):
                    self._channels[name] = _Channel(name, bookmark, record, is_begun=True)
        except (ValueError, TypeError, AttributeError, RecursionError):
            self._ledger.add(GapKind.MALFORMED, self.name, "the place where reading stopped is not readable")

    def gaps(self) -> tuple[Gap, ...]:
        """Return what was lost since this was called last."""
        return self._ledger.take()

    def describe(self) -> str:
        """Return what it is and how it stands."""
        heard = sum(channel.subscription is not None for channel in self._channels.values())
        state = f"{heard} of {len(self._channels)} channels"
        return f"{self.name} {state}, {self._records:,} records read, {self._events:,} of interest"

    def close(self) -> None:
        """End all subscriptions."""
        for channel in self._channels.values():
            _end(channel)

    def _look(self) -> None:
        """Ask which channels there are; one that comes later is read from its start, for all of it is new."""
        chosen, missing = self._named, tuple[str, ...]()
        try:
            if not self._named:
                chosen, missing = wanted_channels(self._api.channels(), self._more)
        except ApiError as error:
            self._once.tell(GapKind.UNREADABLE, self.name, str(error))
        for provider in missing:
            self._once.tell(GapKind.MISSING, f"{self.name}{provider}", "no channel of this computer holds its events")
        is_later = self._is_known
        for name in chosen:
            if name not in self._channels:
                self._channels[name] = _Channel(name, is_begun=is_later or self._from_start)
        self._is_known = self._is_known or bool(self._channels)
        self._next_look = self._clock() + LOOK

    def _some(self, channel: _Channel, most: int) -> Sequence[str]:
        """Return records of a channel, none when it cannot be had: that is told, and tried again later."""
        if channel.retry is not None and self._clock() < channel.retry:
            return ()
        try:
            subscription = channel.subscription or self._subscribe(channel)
            if subscription is None:
                return ()
            texts = subscription.next(most)
            if texts:
                channel.bookmark = subscription.bookmark()
        except ApiError as error:
            self._failed(channel, error)
            return ()
        return texts

    def _subscribe(self, channel: _Channel) -> Subscription | None:
        """Return the subscription of a channel from now on; None when it takes no records."""
        channel.retry = self._clock() + RETRY
        if not channel.is_begun:
            channel.bookmark = self._api.newest(channel.name)
            channel.is_begun = True
        if not self._api.is_enabled(channel.name):
            self._once.tell(GapKind.MISSING, channel.name, "the channel is switched off")
            return None
        channel.subscription = self._api.subscribe(channel.name, channel.bookmark)
        channel.retry = None
        self._once.over(channel.name)
        return channel.subscription

    def _failed(self, channel: _Channel, error: ApiError) -> None:
        _end(channel)
        if error.code in (STALE, NOT_FOUND) and channel.bookmark:
            self._ledger.add(GapKind.MISSING, channel.name, _EMPTIED)
            channel.bookmark, channel.record, channel.retry = "", None, None
            self._may_have_more = True
        elif error.code == INVALID_BOUND and channel.batch > 1:
            channel.batch //= 2  # the records are too large for one answer
            channel.retry = None
            self._may_have_more = True
        else:
            kind = GapKind.MISSING if error.code == NO_CHANNEL else GapKind.UNREADABLE
            channel.is_begun = channel.is_begun or error.code == NO_CHANNEL
            self._once.tell(kind, channel.name, str(error))
            channel.retry = self._clock() + RETRY

    def _read(self, channel: _Channel, texts: Sequence[str]) -> list[Event]:
        lines = [text.encode("utf-8", "replace") for text in texts]
        found: list[Event] = []
        for text, line, is_chosen in zip(texts, lines, self._choose(lines), strict=True):
            self._follow(channel, text)
            if not is_chosen:
                continue
            event = event_of_line(line, Locator(channel.name))
            if isinstance(event, Event):
                found.append(event)
            else:
                reason = "an empty record" if event is None else event.reason
                self._ledger.add(GapKind.MALFORMED, channel.name, reason)
        self._records += len(texts)
        self._events += len(found)
        return found

    def _follow(self, channel: _Channel, text: str) -> None:
        """Tell of records that were overwritten before they were read, and of a log that was emptied."""
        match = _RECORD.search(text)
        if match is None:
            return
        number, last = int(match[1]), channel.record
        channel.record = number
        if last is None or number == last + 1:
            return
        if number <= last:
            self._ledger.add(GapKind.MISSING, channel.name, _EMPTIED)
        else:
            reason = "records were overwritten before they could be read"
            self._ledger.add(GapKind.MISSING, channel.name, reason, number - last - 1)


_EMPTIED = "the log was emptied, or overwritten to behind where reading stopped: read from its oldest record"


def _end(channel: _Channel) -> None:
    if channel.subscription is not None:
        channel.subscription.close()
        channel.subscription = None
