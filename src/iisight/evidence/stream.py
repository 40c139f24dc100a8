"""A compressed file read forwards, with the guards that a decompression bomb meets."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, cast

from iisight.evidence.listing import check_ratio
from iisight.model.errors import EvidenceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

MAX_PIECE = 1024**2  # bytes read at once; a tar header that asks for more is hostile
_BUFFER = 64 * 1024
MAX_STREAM = 64 * 1024**3  # bytes of one pass over a compressed archive

Tell = Callable[[Exception], str]
"""Word an error for whoever reads the report."""

Read = Callable[[int], bytes]
"""Return at most that many of the next bytes, none at the end."""


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


class _Guarded(io.RawIOBase):
    """A stream read forwards whose errors are EvidenceErrors."""

    def __init__(self, read: Read, close: Callable[[], object], tell: Tell, most: int) -> None:
        self._read = read
        self._close = close
        self._tell = tell
        self._most = most
        self._position = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "Buffer", /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._read(min(len(view), self._most))
        except _errors() as error:
            raise EvidenceError(self._tell(error)) from error
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._close()
        super().close()


def guarded(read: Read, close: Callable[[], object], tell: Tell, most: int = MAX_PIECE) -> BinaryIO:
    """Return a stream of what `read` gives, at most `most` bytes at once; `tell` words its errors for EvidenceError."""
    return io.BufferedReader(_Guarded(read, close, tell, most), min(most, _BUFFER))


def decompressed(raw: BinaryIO, form: str, name: str) -> BinaryIO:
    """Return the bytes of a compressed stream, with the guards of Forward; it closes `raw` with itself."""
    return guarded(Forward(raw, form, name).read, raw.close, str)


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

    return (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        struct.error,
        zstandard.ZstdError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
    )
