"""The import hash, as pefile defines it: one MD5 for what a file is bound to at load, in the order of its tables."""

import hashlib
from collections.abc import Iterator
from functools import cache

from iisight.parsers.pe.imports import Imports
from iisight.parsers.pe.tables import rows

_SUFFIXES = (".dll", ".ocx", ".sys")


def imphash(imports: Imports) -> str:
    """Return the hash of the imports bound at load, those delayed left out; empty without any."""
    names = (f"{stem}.{_name(dll, function)}" for stem, dll, functions in _libraries(imports) for function in functions)
    # Names are Latin-1 to this parser; the hash is of the bytes of the file.
    joined = ",".join(names).encode("latin-1").lower()
    return hashlib.md5(joined, usedforsecurity=False).hexdigest() if imports else ""


def _libraries(imports: Imports) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield each DLL without its suffix, in lower case as a whole, and its functions."""
    for dll, functions in imports:
        name = dll.lower()
        yield dll[:-4] if name.endswith(_SUFFIXES) else dll, name, functions


def _name(dll: str, function: str) -> str:
    """Return the name that stands for a function: of ordinals those of the three DLLs that pefile knows."""
    if not function.startswith("#"):
        return function
    return _ordinals().get((dll, function[1:]), f"ord{function[1:]}")


@cache
def _ordinals() -> dict[tuple[str, str], str]:
    """Return the names of (DLL, ordinal)."""
    return {(row["dll"], row["ordinal"]): row["name"] for row in rows("ordinals")}
