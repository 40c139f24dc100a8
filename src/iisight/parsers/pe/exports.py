"""The export table of a PE file."""

import struct

from iisight.model.binary import Export
from iisight.parsers.pe.headers import EXPORT, Names, View, read_numbers

MAX_EXPORTS = 65536  # ordinals are 16-bit: no file can offer more by ordinal


def read_exports(view: View, notes: list[str]) -> tuple[Export, ...]:
    """Read what the image exports, by ordinal; a function of two names comes twice."""
    rva, size = view.directory(EXPORT)
    if not rva:
        return ()
    table = view.read(rva, 40)
    if len(table) < 40:
        notes.append(f"the export table at RVA {rva:#x} cannot be read")
        return ()
    base, functions, named, addresses_rva, names_rva, indexes_rva = struct.unpack_from("<16x6I", table)
    addresses = read_numbers(view, (addresses_rva, functions), MAX_EXPORTS, "I", "exported functions", notes)
    pointers = read_numbers(view, (names_rva, named), MAX_EXPORTS, "I", "exported names", notes)
    indexes = read_numbers(view, (indexes_rva, named), MAX_EXPORTS, "H", "ordinals of exported names", notes)
    names = Names(view, "export table", notes)
    found = _named(zip(pointers, indexes, strict=False), addresses, names, notes)
    seen = {index for index, _ in found}
    # An address of 0 is a gap between ordinals, not a function.
    found += [(i, None) for i, address in enumerate(addresses) if address and i not in seen]
    found.sort(key=lambda item: item[0])
    if len(found) > MAX_EXPORTS:
        notes.append(f"exports: {len(found)} there, {MAX_EXPORTS} kept")
    return tuple(
        Export(name, base + i, names.read(addresses[i]) if rva <= addresses[i] < rva + size else None)
        for i, name in found[:MAX_EXPORTS]
    )


def _named(
    pairs: "zip[tuple[int, int]]", addresses: tuple[int, ...], names: Names, notes: list[str]
) -> list[tuple[int, str | None]]:
    """Return (index into `addresses`, name) of each name that leads to a function."""
    found: list[tuple[int, str | None]] = []
    for pointer, index in pairs:
        if index >= len(addresses) or not addresses[index]:
            notes.append("exported names that lead to no function are left out")
            continue
        name = names.read(pointer)
        if name is not None:
            found.append((index, name))
    return found
