"""What the anatomy asks of the headers beside what View tells: stamps, entry point, places in the file."""

import struct
from dataclasses import dataclass

from iisight.parsers.pe.headers import MAX_SECTIONS, View

SECURITY, DEBUG, TLS, LOAD_CONFIG = 4, 6, 9, 10  # data directories

_ROW = struct.Struct("<8s4I12xI")
_SECTOR = 0x200
_EXECUTABLE, _WRITABLE = 0x20000000, 0x80000000
_SYMBOL_SIZE = 18


@dataclass(frozen=True, slots=True)
class Row:
    """A section header; `offset` and `raw_size` are those of the file, as claimed."""

    name: str
    address: int  # RVA
    virtual_size: int
    offset: int
    raw_size: int
    executable: bool
    writable: bool

    def holds(self, rva: int) -> bool:
        """Tell whether an RVA lies in the section."""
        return self.address <= rva < self.address + max(self.virtual_size, self.raw_size)


@dataclass(frozen=True, slots=True)
class Layout:
    """Fields of the headers; offsets are those of the file."""

    start: int  # of the PE signature
    stamp: int
    entry: int  # RVA; 0: none
    checksum: int  # 0: not given
    checksum_at: int
    symbols: tuple[int, int]  # COFF symbols: offset, size without the strings behind them; offset 0: none
    certificates: tuple[int, int]  # (offset, size); this directory alone gives no RVA
    rows: tuple[Row, ...]


def read_layout(view: View) -> Layout:
    """Read the fields of a file that `read_headers` took."""
    (start,) = struct.unpack_from("<I", view.data, 0x3C)
    count, stamp, symbols_at, symbols, optional_size = struct.unpack_from("<HIIIH", view.data, start + 6)
    optional = start + 24
    rows = view.data[optional + optional_size :][: _ROW.size * min(count, MAX_SECTIONS)]
    return Layout(
        start=start,
        stamp=stamp,
        entry=struct.unpack_from("<I", view.data, optional + 16)[0],
        checksum=struct.unpack_from("<I", view.data, optional + 64)[0],
        checksum_at=optional + 64,
        symbols=(symbols_at, symbols * _SYMBOL_SIZE),
        certificates=view.directory(SECURITY),
        rows=tuple(_row(*fields) for fields in _ROW.iter_unpack(rows[: len(rows) // _ROW.size * _ROW.size])),
    )


def raw(view: View, row: Row) -> memoryview:
    """Return what the file holds of a section, with its padding; the loader drops the low bits of the offset."""
    start = row.offset & -_SECTOR
    return view.data[start : start + row.raw_size] if row.offset else view.data[:0]


def _row(name: bytes, virtual_size: int, address: int, raw_size: int, offset: int, flags: int) -> Row:
    """Return a section header as a value."""
    return Row(
        name=name.strip(b"\0").decode("latin-1"),
        address=address,
        virtual_size=virtual_size,
        offset=offset,
        raw_size=raw_size,
        executable=bool(flags & _EXECUTABLE),
        writable=bool(flags & _WRITABLE),
    )
