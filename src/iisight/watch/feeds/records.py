"""From lines to events: those that are chosen are read, what is no record is counted."""

from collections.abc import Sequence

from iisight.model.coverage import GapKind
from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers.exports import event_of_line
from iisight.watch.feeds.feed import Choose
from iisight.watch.feeds.ledger import Ledger
from iisight.watch.feeds.splitting import MAX_LINE, Line, Splitter

_AROUND = b" \t\r\0\x1e,[]"
_MARK = b"\xef\xbb\xbf"  # programs that append write it anew


class Records:
    """Reads lines of one stream after the other."""

    def __init__(self, choose: Choose, ledger: Ledger) -> None:
        """Read what is chosen; tell a ledger what cannot be read."""
        self._choose = choose
        self._ledger = ledger
        self.lines = self.events = 0  # so far

    def read(self, lines: Sequence[Line], path: str) -> list[Event]:
        """Return the events of some lines of a stream."""
        kept = [(line.offset, text) for line in lines if (text := line.text.removeprefix(_MARK).strip(_AROUND))]
        chosen = self._choose([text for _, text in kept])
        found: list[Event] = []
        for (offset, text), is_chosen in zip(kept, chosen, strict=True):
            if not is_chosen and _looks_whole(text):
                continue
            event = event_of_line(text, Locator(path, offset=offset))
            if isinstance(event, Event):
                found.append(event)
            elif event is not None:
                self._ledger.add(GapKind.MALFORMED, path, event.reason)
        self.lines += len(kept)
        self.events += len(found)
        return found

    def refused(self, splitter: Splitter, path: str) -> None:
        """Tell of lines that were too long."""
        if splitter.refused:
            reason = f"lines of more than {MAX_LINE // 1024**2} MiB"
            self._ledger.add(GapKind.REFUSED, path, reason, splitter.refused)
            splitter.refused = 0


def _looks_whole(text: bytes) -> bool:
    """Tell whether a line has the ends of a record: one that has not is looked at, to be told."""
    return (text[:1], text[-1:]) in ((b"{", b"}"), (b"<", b">"))
