"""The Rich header, which Microsoft's linker leaves between the DOS program and the PE header.

The format is not documented; it is described by D. Pistelli, "Microsoft's Rich Signature (undocumented)", and by
Webster et al., "Finding the Needle: A Study of the PE32 Rich Header and Respective Malware Triage" (DIMVA 2017).
"""

import struct

from iisight.model.examination import RichEntry
from iisight.parsers.pe.headers import View
from iisight.parsers.pe.layout import Layout

MAX_STUB = 4096  # bytes before the PE header that are searched; linkers write a few hundred

_DOS_HEADER = 0x40
_START = int.from_bytes(b"DanS", "little")


def read_rich(view: View, layout: Layout, notes: list[str]) -> tuple[tuple[RichEntry, ...], bool | None]:
    """Return the entries, and whether the key is the checksum of stub and entries; None without a header."""
    stub = bytes(view.data[: min(layout.start, MAX_STUB)])
    end = stub.rfind(b"Rich", _DOS_HEADER)
    if end < 0 or end + 8 > len(stub):
        return (), None
    (key,) = struct.unpack_from("<I", stub, end + 4)
    start = stub.rfind(struct.pack("<I", _START ^ key), _DOS_HEADER, end)
    if start < 0 or (end - start) % 8:
        notes.append(f"the Rich header that ends at {end:#x} cannot be read")
        return (), None
    words = [word ^ key for (word,) in struct.iter_unpack("<I", stub[start + 16 : end])]  # behind three words of 0
    pairs = list(zip(words[::2], words[1::2], strict=False))
    entries = tuple(RichEntry(tool >> 16, tool & 0xFFFF, count) for tool, count in pairs)
    return entries, _checksum(stub[:start], pairs) == key


def _checksum(stub: bytes, pairs: list[tuple[int, int]]) -> int:
    """Return the key that belongs to the stub (but its e_lfanew, not yet known to the linker) and the entries."""
    stub = stub[:0x3C] + bytes(4) + stub[_DOS_HEADER:]
    total = len(stub) + sum(_rotate(byte, at) for at, byte in enumerate(stub))
    return (total + sum(_rotate(tool, count) for tool, count in pairs)) & 0xFFFFFFFF


def _rotate(value: int, count: int) -> int:
    """Return a 32-bit number rotated left."""
    count &= 31
    return (value << count | value >> 32 - count) & 0xFFFFFFFF
