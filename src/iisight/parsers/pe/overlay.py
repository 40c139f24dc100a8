"""What lies behind the last section and belongs to nothing the headers tell of."""

import struct

from iisight.parsers.pe.headers import View
from iisight.parsers.pe.layout import Layout

_PADDING = 16  # zeros that tools put before and behind a table, at most


def find_overlay(view: View, layout: Layout) -> tuple[int, int] | None:
    """Return (offset, size) of the overlay; None when there is none.

    Certificates, COFF symbols with their strings, and a few zeros of padding are no overlay. When the overlay lies on
    both sides of one of these, the offset is that of its first byte and the size is of all its parts.
    """
    end = max((row.offset + row.raw_size for row in layout.rows if row.offset), default=len(view.data))
    gaps, at = [], end
    for start, stop in sorted((_certificates(view, layout), _symbols(view, layout))):
        if start >= end and stop > at:
            gaps.append((at, max(at, start)))
            at = stop
    gaps.append((at, len(view.data)))
    parts = [(start, stop) for start, stop in gaps if not _is_padding(view.data[start:stop])]
    return (parts[0][0], sum(stop - start for start, stop in parts)) if parts else None


def _certificates(view: View, layout: Layout) -> tuple[int, int]:
    """Return start and end of the certificate table in the file."""
    offset, size = layout.certificates
    return (offset, min(offset + size, len(view.data))) if offset < len(view.data) else (0, 0)


def _symbols(view: View, layout: Layout) -> tuple[int, int]:
    """Return start and end of the COFF symbols and the strings behind them, whose first word is their size."""
    offset, size = layout.symbols
    end = offset + size
    if not offset or end + 4 > len(view.data):
        return 0, 0
    return offset, min(end + struct.unpack_from("<I", view.data, end)[0], len(view.data))


def _is_padding(data: memoryview) -> bool:
    """Tell whether there is nothing but a little padding."""
    return len(data) < _PADDING and not any(data)
