"""Libraries of Windows by the types of the calls that are made; elsewhere this imports and loads nothing."""

import ctypes
from functools import cache
from typing import Any

HANDLE = ctypes.c_void_p
U32 = ctypes.c_uint32
TEXT = ctypes.c_wchar_p

Signature = tuple[str, Any, tuple[Any, ...]]  # name, what it returns, what it takes: types of ctypes


@cache
def load(name: str, signatures: tuple[Signature, ...]) -> Any:
    """Return a library of Windows in which these calls have their types."""
    library = getattr(ctypes, "WinDLL")(name, use_last_error=True)  # noqa: B009  the name exists on Windows alone
    for call, result, arguments in signatures:
        function = getattr(library, call)
        function.restype, function.argtypes = result, arguments
    return library


def last_error(number: int | None = None) -> OSError:
    """Return the last error of a call, or one by its number, as Python names it."""
    code: int = getattr(ctypes, "get_last_error")() if number is None else number  # noqa: B009
    error: OSError = getattr(ctypes, "WinError")(code)  # noqa: B009
    return error
