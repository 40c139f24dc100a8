"""Standard input: a thread reads it, and waits when nobody takes what it has read."""

import queue
import threading
from typing import BinaryIO

from iisight.model.coverage import Gap, GapKind
from iisight.model.event import Event
from iisight.watch.feeds.feed import STANDARD_INPUT, Choose
from iisight.watch.feeds.ledger import Ledger
from iisight.watch.feeds.records import Records
from iisight.watch.feeds.splitting import Splitter
from iisight.watch.feeds.tail import MAX_LINES

PIECE = 64 * 1024  # bytes
PIECES = 64  # that are read ahead: 4 MiB
_NAME = "standard input"


class StandardInput:
    """Reads a stream that comes once: a watch that starts anew goes on with what comes then."""

    name = STANDARD_INPUT

    def __init__(self, stream: BinaryIO, choose: Choose) -> None:
        """Begin to read at the first `poll`."""
        self._stream = stream
        self._pieces: queue.Queue[bytes | OSError | ValueError] = queue.Queue(PIECES)
        self._ledger = Ledger()
        self._records = Records(choose, self._ledger)
        self._splitter = Splitter()
        self._thread: threading.Thread | None = None
        self._is_over = False

    @property
    def has_more(self) -> bool:
        """Tell whether something was read already and not returned."""
        return self._splitter.has_line or not self._pieces.empty()

    def poll(self) -> tuple[Event, ...]:
        """Return what has come."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="standard input", daemon=True)
            self._thread.start()
        if not self._splitter.has_line and not self._is_over:
            self._take()
        lines = self._splitter.take(MAX_LINES, is_end=self._is_over)
        self._records.refused(self._splitter, _NAME)
        return tuple(self._records.read(lines, _NAME))

    def position(self) -> str:
        """Return nothing: what was read cannot be read again."""
        return ""

    def resume(self, position: str) -> None:
        """Do nothing: what comes is new."""

    def gaps(self) -> tuple[Gap, ...]:
        """Return what was lost since this was called last."""
        return self._ledger.take()

    def describe(self) -> str:
        """Return what it is and how it stands."""
        state = "ended" if self._is_over else "open"
        return f"{_NAME}: {self._records.lines:,} lines read, {self._records.events:,} of interest, {state}"

    def close(self) -> None:
        """Take no more; the thread ends with the process, for nothing can end its waiting."""
        self._is_over = True

    def _take(self) -> None:
        try:
            piece = self._pieces.get_nowait()
        except queue.Empty:
            return
        if isinstance(piece, bytes) and piece:
            self._splitter.add(piece)
            return
        self._is_over = True
        reason = f"cannot be read: {piece}" if piece else "has ended: no more events come from there"
        self._ledger.add(GapKind.UNREADABLE if piece else GapKind.MISSING, _NAME, reason)

    def _run(self) -> None:
        """Read until the end, no faster than what is read is taken."""
        while True:
            try:
                piece: bytes | OSError | ValueError = _some(self._stream)
            except (OSError, ValueError) as error:
                piece = error
            self._pieces.put(piece)
            if not piece or not isinstance(piece, bytes):
                return


def _some(stream: BinaryIO) -> bytes:
    """Return what is there, at least one byte unless the stream has ended."""
    read: object = getattr(stream, "read1", None) or stream.read
    data = read(PIECE) if callable(read) else b""
    return data if isinstance(data, bytes) else b""
