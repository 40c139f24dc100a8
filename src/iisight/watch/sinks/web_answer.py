"""The answer of a web server: read in time, and what it means for the alerts."""

import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse, IncompleteRead
from io import BufferedReader, IOBase, RawIOBase
from socket import socket
from typing import TYPE_CHECKING

from iisight.report.safe import escape
from iisight.watch.sinks.sink import SinkError, SinkRefused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST = 60.0  # seconds in which an answer comes to its end
MAX_ANSWER = 64 * 1024  # bytes of an answer that are read
REFUSED = frozenset({400, 413, 422})


class Answer(HTTPResponse):
    """An answer that comes to its end in time: one byte every few seconds is no timeout of a socket."""

    def __init__(
        self,
        connection: socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        longest: float = LONGEST,
    ) -> None:
        """Read at most `longest` seconds."""
        super().__init__(connection, debuglevel, method, url)
        self.fp = BufferedReader(_Timed(connection, self.fp, time.monotonic() + longest))


class _Timed(RawIOBase):
    """What a socket receives until `end` (monotonic); `held`, which keeps the socket open, is closed with it."""

    def __init__(self, connection: socket, held: IOBase, end: float) -> None:
        self._connection, self._held, self._end = connection, held, end
        self._step = connection.gettimeout() or LONGEST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._connection.settimeout(min(left, self._step))
        return self._connection.recv_into(buffer)

    def close(self) -> None:
        self._held.close()
        super().close()


def read_all(response: HTTPResponse) -> None:
    """Read an answer to its end, so far as it is small. Raises HTTPException for one that breaks off."""
    said = response.read(MAX_ANSWER)
    if response.length and len(said) < MAX_ANSWER:
        raise IncompleteRead(said, response.length)


def judge(name: str, response: HTTPResponse) -> None:
    """Raise unless the answer is a receipt."""
    status = response.status
    if 200 <= status < 300:
        return
    said = f"{name}: {status} {escape(response.reason[:100])}"
    if status in REFUSED:
        raise SinkRefused(said)
    if 300 <= status < 400:
        raise SinkError(f"{said}; a redirect is not followed: give the address it leads to")
    if status in (401, 403):
        said += "; is the authorization right? Nothing is lost while it is not"
    raise SinkError(said, retry_after=_wait(response))


def _wait(response: HTTPResponse) -> float:
    """Return the seconds of Retry-After: a number, or a date as the answer's own clock has it (RFC 9110, 10.2.3)."""
    text = (response.getheader("Retry-After") or "").strip()[:40]
    if text.isascii() and text.isdigit():
        return float(text)
    until, now = _date(text), _date((response.getheader("Date") or "")[:40])
    return 0.0 if until is None or now is None else max((until - now).total_seconds(), 0.0)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
