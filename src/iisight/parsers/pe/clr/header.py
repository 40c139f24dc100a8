"""The CLR header of a managed image (ECMA-335 II.25.3.3)."""

import struct
from dataclasses import dataclass

from iisight.parsers.pe.headers import CLR, View

IL_ONLY, REQUIRES_32BIT, IL_LIBRARY = 1, 2, 4

_HEADER_SIZE = 72


@dataclass(frozen=True, slots=True)
class ClrHeader:
    """IMAGE_COR20_HEADER, as far as it is needed. Places are (RVA, size)."""

    flags: int
    metadata: tuple[int, int]
    resources: tuple[int, int]


def read_clr_header(view: View, notes: list[str]) -> ClrHeader | None:
    """Read the CLR header; None when the image is not managed."""
    rva, _ = view.directory(CLR)
    if not rva:
        return None
    raw = view.read(rva, _HEADER_SIZE)
    if len(raw) < _HEADER_SIZE or struct.unpack_from("<I", raw)[0] < _HEADER_SIZE:
        notes.append(f"the CLR header at RVA {rva:#x} cannot be read")
        return None
    metadata_rva, metadata_size, flags = struct.unpack_from("<8x3I", raw)
    return ClrHeader(flags, (metadata_rva, metadata_size), struct.unpack_from("<24x2I", raw))


def is_any_cpu(view: View, clr: ClrHeader | None) -> bool:
    """Tell whether the image runs at either word size: PE32, IL alone, not bound to 32 bits."""
    return clr is not None and not view.image.is_64bit and clr.flags & (IL_ONLY | REQUIRES_32BIT) == IL_ONLY
