"""The import tables of a PE file: those bound at load, and those delayed."""

import struct
from collections.abc import Iterator

from iisight.parsers.pe.headers import DELAY_IMPORT, IMPORT, Names, View

MAX_DLLS = 4096
MAX_FUNCTIONS = 16384  # of all DLLs together: tables may overlap

Imports = tuple[tuple[str, tuple[str, ...]], ...]

_DESCRIPTOR = struct.Struct("<5I")
_DELAY_DESCRIPTOR = struct.Struct("<8I")
_RVA_BASED = 1  # dlattrRva; without it (Visual C++ 6) the fields are addresses, not RVAs


def read_imports(view: View, notes: list[str]) -> tuple[Imports, int]:
    """Read (DLL, functions), those bound at load first, and how many are delayed; `#n` stands for an ordinal."""
    names = Names(view, "import tables", notes)
    left = MAX_FUNCTIONS
    found: list[tuple[str, tuple[str, ...]]] = []
    delayed = 0
    for late, name_rva, thunks_rva, in_place_rva in _descriptors(view, notes):
        if len(found) >= MAX_DLLS:
            notes.append(f"imports: only the first {MAX_DLLS} DLLs are read")
            break
        dll = names.read(name_rva)
        if dll is None:
            break  # the loader would stop here too
        functions = tuple(_functions(view, (thunks_rva, in_place_rva), left, names, notes))
        left -= len(functions)
        found.append((dll, functions))
        delayed += late
    return tuple(found), delayed


def _descriptors(view: View, notes: list[str]) -> Iterator[tuple[bool, int, int, int]]:
    """Yield for each imported DLL whether it is delayed, and the RVAs of name, lookup table and address table."""
    for thunks, _, _, name, addresses in _rows(view, IMPORT, _DESCRIPTOR, notes):
        if not name or not addresses:
            break
        yield False, name, thunks, addresses
    for row in _rows(view, DELAY_IMPORT, _DELAY_DESCRIPTOR, notes):
        attributes, name, _, addresses, thunks = row[:5]
        if not name:
            break
        bias = 0 if attributes & _RVA_BASED else view.base
        yield True, name - bias, thunks and thunks - bias, addresses - bias


def _rows(view: View, directory: int, row: struct.Struct, notes: list[str]) -> Iterator[tuple[int, ...]]:
    """Yield the rows of a table that ends with one of zeros; its stated size is not to be trusted."""
    rva, _ = view.directory(directory)
    if not rva:
        return
    raw = view.read(rva, (MAX_DLLS + 1) * row.size)
    if len(raw) < row.size:
        notes.append(f"the import table at RVA {rva:#x} cannot be read")
    yield from row.iter_unpack(raw[: len(raw) // row.size * row.size])


def _functions(view: View, tables: tuple[int, int], left: int, names: Names, notes: list[str]) -> Iterator[str]:
    """Yield what one DLL is asked for, from the lookup table, or the address table when there is none."""
    code, size, flag = ("<Q", 8, 1 << 63) if view.image.is_64bit else ("<I", 4, 1 << 31)
    raw = view.read(tables[0], (left + 1) * size) if tables[0] else view.data[:0]
    raw = raw if len(raw) >= size else view.read(tables[1], (left + 1) * size)
    if len(raw) < size:
        notes.append("an import lookup table cannot be read")
    for (thunk,) in struct.iter_unpack(code, raw[: len(raw) // size * size]):
        if not thunk:
            return
        if not left:
            notes.append(f"imports: only the first {MAX_FUNCTIONS} functions are read")
            return
        left -= 1
        if thunk & flag:
            yield f"#{thunk & 0xFFFF}"
            continue
        name = names.read((thunk & 0x7FFFFFFF) + 2)  # behind a 16-bit hint
        if name is None:
            return
        yield name
