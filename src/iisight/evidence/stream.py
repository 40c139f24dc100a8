"""A compressed file read forwards, with the guards that a decompression bomb meets."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO, cast

from iisight.evidence.listing import check_ratio
from iisight.model.errors import EvidenceError

MAX_PIECE = 1024**2  # bytes read at once; a tar header that asks for more is hostile
MAX_STREAM = 64 * 1024**3  # bytes of one pass over a compressed archive

Opener = Callable[[], AbstractContextManager[BinaryIO]]
"""Open the evidence's bytes from the start."""


class Forward:
    """What tarfile needs of a file, over a stream that is only read forwards."""

    def __init__(self, raw: BinaryIO, form: str, name: str) -> None:
        """Read `raw`, compressed as `form` says (``""`` for not at all)."""
        self._raw = raw
        self._name = name
        self._plain = not form
        self._stream = _decompressed(raw, form)
        self._position = 0
        self.last = b""  # what was read last

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; raises EvidenceError for a bomb and for damaged bytes."""
        if not 0 <= size <= MAX_PIECE:
            raise EvidenceError(f"{self._name}: a header of more than {MAX_PIECE:,} bytes")
        try:
            self.last = self._stream.read(size)
        except _errors() as error:
            raise EvidenceError(f"{self._name}: damaged after byte {self._position:,} ({error})") from error
        self._position += len(self.last)
        if not self._plain:
            check_ratio(self._name, self._raw.tell(), self._position)
            if self._position > MAX_STREAM:
                raise EvidenceError(f"{self._name}: more than {MAX_STREAM:,} bytes come out of it")
        return self.last

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go forwards to an offset, or to the end of what there is."""
        if whence or offset < self._position:
            raise EvidenceError(f"{self._name}: its members do not follow each other")
        if self._plain:
            self._position = self._stream.seek(min(offset, 2**62))
        while self._position < offset and self.read(min(offset - self._position, MAX_PIECE)):
            pass
        return self._position

    def tell(self) -> int:
        """Return the offset in the decompressed bytes."""
        return self._position


def form_of(head: bytes) -> str | None:
    """Return how bytes are compressed by their first ones (`gz`, `bz2`, `xz`, `zst`), or None."""
    magics = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
    return next((form for magic, form in magics.items() if head.startswith(magic)), None)


def _decompressed(raw: BinaryIO, form: str) -> BinaryIO:
    if form == "gz":
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if form == "bz2":
        return cast(BinaryIO, bz2.BZ2File(raw))
    if form == "xz":
        return cast(BinaryIO, lzma.LZMAFile(raw))
    if form == "zst":
        import zstandard

        decompressor = zstandard.ZstdDecompressor(max_window_size=128 * 1024**2)
        return cast(BinaryIO, decompressor.stream_reader(raw, read_across_frames=True, closefd=False))
    return raw


def _errors() -> tuple[type[Exception], ...]:
    import zstandard

    return (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, zstandard.ZstdError)
