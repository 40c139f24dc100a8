"""The debug directory of a PE file: path of the symbols, stamps, and whether the link time is a hash."""

import struct
from dataclasses import dataclass

from iisight.parsers.pe.headers import MAX_NAME, View
from iisight.parsers.pe.layout import DEBUG

MAX_ENTRIES = 32  # linkers write fewer than ten

_ENTRY = struct.Struct("<4xI4x4I")
_CODEVIEW, _REPRODUCIBLE = 2, 16  # IMAGE_DEBUG_TYPE_CODEVIEW, IMAGE_DEBUG_TYPE_REPRO
_HEADS = {b"RSDS": 24, b"NB10": 16}  # signature of a CodeView record, and where its path begins


@dataclass(frozen=True, slots=True)
class DebugFacts:
    """What the debug directory tells."""

    pdb: str = ""
    is_reproducible: bool = False
    stamps: tuple[int, ...] = ()


def read_debug(view: View, notes: list[str]) -> DebugFacts:
    """Read the directory; nothing of it is needed to run the file, so nothing of it is certain."""
    rva, size = view.directory(DEBUG)
    if not rva or not size:
        return DebugFacts()
    raw = view.read(rva, min(size, MAX_ENTRIES * _ENTRY.size))
    entries = list(_ENTRY.iter_unpack(raw[: len(raw) // _ENTRY.size * _ENTRY.size]))
    if not entries:
        notes.append(f"the debug directory at RVA {rva:#x} cannot be read")
    paths = [_path(view, *place) for _, kind, *place in entries if kind == _CODEVIEW]
    return DebugFacts(
        pdb=next(filter(None, paths), ""),
        is_reproducible=any(kind == _REPRODUCIBLE for _, kind, *_ in entries),
        stamps=tuple(stamp for stamp, *_ in entries),
    )


def _path(view: View, size: int, rva: int, offset: int) -> str:
    """Return the path of a CodeView record, which debuggers look up by its offset in the file."""
    size = min(size, max(_HEADS.values()) + MAX_NAME)
    record = bytes(view.data[offset : offset + size] if offset else view.read(rva, size))
    start = _HEADS.get(record[:4], len(record))
    return record[start:].partition(b"\0")[0].decode("utf-8", "replace")
