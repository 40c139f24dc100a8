"""The export table of a PE file."""

import struct

from iisight.model.binary import Export
from iisight.parsers.pe.headers import EXPORT, Names, View, read_numbers

MAX_EXPORTS = 65536  # ordinals are 16-bit: no file can offer more by ordinal
MAX_KEPT = 8192  # exports of one image that are kept; more would fill memory, and nobody asks for them
ENTRY_POINTS = frozenset({
    "DllGetClassObject", "DllRegisterServer", "GetExtensionVersion", "GetFilterVersion", "HttpExtensionProc",
    "HttpFilterProc", "InitCompression", "RegisterModule", "TerminateExtension", "TerminateFilter",
})  # fmt: skip
"""What IIS and COM look up in an image: kept wherever it stands."""


def read_exports(view: View, notes: list[str]) -> tuple[Export, ...]:
    """Read what the image exports, by ordinal; a function of two names comes twice.

    Of a readable table with more than MAX_KEPT only the first are given, and each of ENTRY_POINTS once: nothing
    that is asked for is lost, so this is no note.
    """
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
        for i, name in _kept(found[:MAX_EXPORTS])
    )


def _kept(found: list[tuple[int, str | None]]) -> list[tuple[int, str | None]]:
    """Return the first MAX_KEPT, and of the others the first of each entry point."""
    others = reversed([(_plain(item[1]), item) for item in found[MAX_KEPT:]])
    first = {name: item for name, item in others if name in ENTRY_POINTS}
    return found[:MAX_KEPT] + sorted(first.values(), key=lambda item: item[0])


def _plain(name: str | None) -> str:
    """Return a name without the decoration of stdcall: `Name` of `_Name@12`."""
    text = name or ""
    return text[1:].partition("@")[0] if text.startswith("_") and "@" in text else text


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
