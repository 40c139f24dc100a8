"""Script blocks in the pieces that PowerShell 4104 logs them in, put together again."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from iisight.model.event import Event
from iisight.telemetry.interpret._fields import number, text

MAX_BLOCKS = 64  # scripts that are open at a time
MAX_TEXT = 16 * 1024 * 1024  # characters of all of them
MAX_PIECES = 4_096  # of one script
GAPS = "Gaps"  # the field that a joined event says its gaps in

_Key = tuple[str, str]


@dataclass(slots=True)
class _Block:
    first: Event
    total: int
    since: float  # when its first piece came
    pieces: dict[int, str] = field(default_factory=dict)
    size: int = 0


class ScriptJoiner:
    """Takes events as they come and gives them back, those of one script block as one event.

    Memory is bounded: when too much is open, the script that was begun first is given back with gaps.
    """

    def __init__(self) -> None:
        """Begin with nothing open."""
        self._open: dict[_Key, _Block] = {}
        self._size = 0

    def add(self, event: Event, now: float = 0.0) -> Iterator[Event]:
        """Yield the events that are complete with this one; `now` is in seconds, for `overdue`."""
        at, total = number(text(event, "MessageNumber")), number(text(event, "MessageTotal"))
        key = (event.computer, event.get("ScriptBlockId"))
        if event.id != 4104 or not key[1] or not at or not total or total == 1 or not at <= total <= MAX_PIECES:
            yield event
            return
        self._put(key, event, at, _Block(event, total, now))
        if len(self._open[key].pieces) == self._open[key].total:
            yield self._take(key)
        while self._open and (len(self._open) > MAX_BLOCKS or self._size > MAX_TEXT):
            yield self._take(next(iter(self._open)))

    def finish(self) -> Iterator[Event]:
        """Yield what is still open, with its gaps."""
        while self._open:
            yield self._take(next(iter(self._open)))

    def overdue(self, before: float) -> Iterator[Event]:
        """Yield what was begun before a time and is still open, with its gaps."""
        while self._open and next(iter(self._open.values())).since < before:
            yield self._take(next(iter(self._open)))

    def _put(self, key: _Key, event: Event, at: int, begun: _Block) -> None:
        block = self._open.setdefault(key, begun)
        if at not in block.pieces and at <= block.total:
            piece = event.get("ScriptBlockText")
            block.pieces[at] = piece
            block.size += len(piece)
            self._size += len(piece)

    def _take(self, key: _Key) -> Event:
        block = self._open.pop(key)
        self._size -= block.size
        missing = [n for n in range(1, block.total + 1) if n not in block.pieces]
        joined: list[str] = []
        for n in range(1, block.total + 1):
            if n in block.pieces:
                joined.append(block.pieces[n])
            elif joined and joined[-1] != "\n":
                joined.append("\n")  # what stands on both sides of a gap is not one word
        said = ", ".join(map(str, missing[:8])) + (", …" if len(missing) > 8 else "")
        fields = {**block.first.fields, "ScriptBlockText": "".join(joined), "MessageNumber": "1", "MessageTotal": "1"}
        if missing:
            fields[GAPS] = f"pieces {said} of {block.total} are missing"
        return replace(block.first, fields=fields)
