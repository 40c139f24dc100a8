"""The text of a stream, a piece at a time: what a reader still needs is kept, and nothing else."""

import codecs
from typing import BinaryIO

PIECE = 1024**2  # bytes read at once
MAX_RECORD = 4 * 1024**2  # characters of one record; the largest record of a Windows log has 64 KiB of UTF-16

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Window:
    """A stretch of the text; `at` is where the reader stands in it."""

    def __init__(self, stream: BinaryIO, head: bytes = b"") -> None:
        """Stand at the start of `head`, which was read of the stream already."""
        self._head = head
        self.text = ""
        self.at = 0
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        self.is_ended = False
        self._line = 1  # of `_counted`
        self._counted = 0
        self._newline = 0  # where the next line end is, or from where there is none

    @property
    def line(self) -> int:
        """Return the number of the line the reader stands in, from 1."""
        return self.line_of(self.at)

    def line_of(self, place: int) -> int:
        """Return the number of the line of a place; asked for in ascending order."""
        self._line += self.text.count("\n", self._counted, place)
        self._counted = max(self._counted, place)
        return self._line

    def line_end(self) -> int:
        """Return the place of the next line end, -1 when it is not in the text yet."""
        if self._newline < self.at or self.text[self._newline : self._newline + 1] != "\n":
            found = self.text.find("\n", max(self._newline, self.at))
            self._newline = len(self.text) if found < 0 else found
        return self._newline if self._newline < len(self.text) else -1

    @property
    def is_full(self) -> bool:
        """Tell whether the record at hand is longer than any may be."""
        return len(self.text) - self.at > MAX_RECORD

    def more(self) -> bool:
        """Drop what was read and append a piece; tell whether there was one."""
        if self.is_ended:
            return False
        data = self._head or self._stream.read(PIECE)
        self._head = b""
        self.is_ended = not data
        text = self._decoded(data)
        self.line_of(self.at)
        kept = self.text[self.at :]
        self._counted -= self.at
        self._newline = max(0, self._newline - self.at)
        self.text, self.at = kept + text, 0
        return bool(text) or (not self.is_ended and self.more())

    def find(self, wanted: str, start: int) -> int:
        """Return the place of some text from `start`, reading on as far as a record may reach; -1 when it is not there.

        Reading on moves places: `start` counts from where the reader stands, and so does what is returned.
        """
        searched = start
        while (place := self.text.find(wanted, self.at + searched)) < 0:
            searched = max(start, len(self.text) - self.at - len(wanted) + 1)
            if self.is_full or not self.more():
                return -1
        return place - self.at

    def _decoded(self, data: bytes) -> str:
        if self._decoder is None:
            while len(data) < 4 and (further := self._stream.read(4)):
                data += further
            mark, encoding = encoding_of(data)
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            data = data[len(mark) :]
        return self._decoder.decode(data, not data)


def encoding_of(head: bytes) -> tuple[bytes, str]:
    """Return the byte order mark and the encoding that the first bytes tell."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return mark, encoding
    if head[1:2] == b"\0" != head[:1]:
        return b"", "utf-16-le"
    return b"", "utf-16-be" if head[:1] == b"\0" != head[1:2] else "utf-8"
