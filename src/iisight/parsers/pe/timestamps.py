"""Link times that stand in a PE file beside that of its header."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from iisight.parsers.pe.debug import DebugFacts
from iisight.parsers.pe.headers import EXPORT, RESOURCE, View
from iisight.parsers.pe.loading import LoadConfig

Times = tuple[tuple[str, datetime], ...]

EARLIEST = 741_571_200  # 1993-07-02: Windows NT 3.1, the first to read PE files, came that month
_LATEST = 2**31 - 1  # 2038-01-19; half of all hashes are larger


def read_times(view: View, debug: DebugFacts, config: LoadConfig) -> Times:
    """Return the times that can be dates, (table, time), each once; none of a file whose stamps are hashes."""
    if debug.is_reproducible:
        return ()
    stamps = (
        *(("export table", stamp) for stamp in _stamp(view, EXPORT)),
        *(("debug directory", stamp) for stamp in debug.stamps),
        *(("resources", stamp) for stamp in _stamp(view, RESOURCE)),
        ("load configuration", config.stamp),
    )
    return tuple(
        (table, datetime.fromtimestamp(stamp, UTC)) for table, stamp in dict.fromkeys(stamps) if is_date(stamp)
    )


def is_date(stamp: int) -> bool:
    """Tell whether a stamp can be the time of a link; a clock is not asked."""
    return EARLIEST <= stamp <= _LATEST


def _stamp(view: View, directory: int) -> Iterator[int]:
    """Yield the second word of a directory, its stamp."""
    rva, _ = view.directory(directory)
    raw = view.read(rva, 8) if rva else b""
    if len(raw) == 8:
        yield struct.unpack_from("<I", raw, 4)[0]
