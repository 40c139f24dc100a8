"""Bytes at an offset, of a file that can seek and of a stream that cannot."""

from typing import BinaryIO, Protocol

_BLOCK = 0x100000  # bytes read at once from a stream
_WINDOW = 0x40000  # bytes in front of what was asked last that stay at hand


class View(Protocol):
    """Bytes at an offset."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes, fewer only where the file ends."""
        ...


class Seeking:
    """Bytes of a file."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read from `stream`, which can seek."""
        self._stream = stream
        self._last: tuple[int, int, bytes] = (0, 0, b"")

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes, fewer only where the file ends; what was read last is not read again."""
        if self._last[:2] != (offset, size):
            self._stream.seek(offset)
            self._last = (offset, size, self._stream.read(size))
        return self._last[2]


class Forward:
    """Bytes of a stream; offsets may not go back by more than a window."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read from `stream`, which need not seek."""
        self._stream = stream
        self._held = b""
        self._start = 0  # offset of what is held

    @property
    def position(self) -> int:
        """Return how many bytes were read."""
        return self._start + len(self._held)

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes, fewer only where the stream ends."""
        if offset + size > self.position:
            self._fill(offset, size)
        at = offset - self._start
        return self._held[at : at + size]

    def _fill(self, offset: int, size: int) -> None:
        keep = max(min(offset - _WINDOW, self.position) - self._start, 0)
        parts, end = [self._held[keep:]], self.position
        while end < offset + size and (block := self._stream.read(_BLOCK)):
            parts.append(block)
            end += len(block)
        self._start += keep
        self._held = b"".join(parts)
