"""Bytes that come in pieces, split into lines of UTF-8."""

from dataclasses import dataclass

from iisight.parsers.exports.window import encoding_of

MAX_LINE = 4 * 1024 * 1024  # bytes; the largest record of a Windows log has 64 KiB of UTF-16, and forwarders repeat it

_HEAD = 4  # bytes that tell the encoding
_UNITS = {"utf-8": b"\n", "utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}
ENCODINGS = tuple(_UNITS)


@dataclass(frozen=True, slots=True)
class Line:
    """One line, without its end."""

    offset: int  # bytes from the start of the stream
    text: bytes  # UTF-8, whatever the stream is in


class Splitter:
    """Takes bytes, gives lines; a line longer than MAX_LINE is passed over and counted."""

    def __init__(self, offset: int = 0, encoding: str = "", *, is_skipping: bool = False) -> None:
        """Stand at an offset of a stream. Without an encoding the first bytes tell it."""
        self.offset = offset  # bytes of the stream that are done
        self.encoding = encoding
        self.is_skipping = is_skipping  # in the midst of a line that is too long
        self.refused = 0  # lines that were too long
        self._data = b""
        self._at = 0  # what is before was taken

    @property
    def held(self) -> bytes:
        """Return what was added and not taken yet."""
        return self._data[self._at :]

    @property
    def has_line(self) -> bool:
        """Tell whether a whole line waits to be taken."""
        return bool(self.encoding) and _end(self._data, self._at, self.encoding) >= 0

    def add(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._data = self.held + data
        self._at = 0
        if not self.encoding and len(self._data) >= _HEAD:
            self._begin()

    def take(self, most: int, *, is_end: bool = False) -> list[Line]:
        """Return at most so many lines; at the end of the stream also a last one that does not end."""
        if is_end and not self.encoding and self._data:
            self._begin()
        lines: list[Line] = []
        while self.encoding and len(lines) < most and (found := self._next(is_end)) is not None:
            lines.append(found)
        return lines

    def _begin(self) -> None:
        mark, self.encoding = encoding_of(self._data)
        self._drop(len(mark))

    def _next(self, is_end: bool) -> Line | None:
        """Return the next line: empty, when it was too long."""
        end, unit = _end(self._data, self._at, self.encoding), _UNITS[self.encoding]
        if end < 0 and not (is_end and self._at < len(self._data)):
            self._pass_over()
            return None
        at, text = self.offset, self._data[self._at : len(self._data) if end < 0 else end]
        self._drop(len(text) if end < 0 else len(text) + len(unit))
        is_rest, self.is_skipping = self.is_skipping, False
        self.refused += len(text) > MAX_LINE and not is_rest
        return Line(at, b"" if is_rest or len(text) > MAX_LINE else _utf8(text, self.encoding))

    def _pass_over(self) -> None:
        """Drop the start of a line that is too long; what follows of it is dropped as it comes."""
        length = len(self._data) - self._at
        if self.is_skipping or length > MAX_LINE:
            self.refused += not self.is_skipping
            self.is_skipping = True
            self._drop(length - length % len(_UNITS[self.encoding]))

    def _drop(self, count: int) -> None:
        self._at += count
        self.offset += count


def line_start(data: bytes, encoding: str) -> int:
    """Return where the last line of some bytes starts, behind the last line end; -1 without one."""
    unit = _UNITS[encoding]
    at = len(data)
    while (at := data.rfind(unit, 0, at)) >= 0:
        if at % len(unit) == 0:
            return at + len(unit)
        at += len(unit) - 1
    return -1


def _end(data: bytes, start: int, encoding: str) -> int:
    """Return where the next line end is; in UTF-16 at an even place."""
    unit = _UNITS[encoding]
    while (start := data.find(unit, start)) >= 0 and start % len(unit):
        start += 1
    return start


def _utf8(text: bytes, encoding: str) -> bytes:
    if encoding != "utf-8":
        text = text.decode(encoding, "replace").encode("utf-8", "replace")
    return text.strip(b" \t\r\n\0")
