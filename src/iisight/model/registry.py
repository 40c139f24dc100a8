r"""The registry as values, and the seam behind which it is read: hives of copied evidence, memory, a live Windows.

Keys are named by Windows path: `HKLM\SYSTEM\CurrentControlSet\Services\W3SVC`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from iisight.model.locator import Locator

Data = str | int | bytes | tuple[str, ...]


class ValueType(IntEnum):
    """Types of values as Windows numbers them (winnt.h); all others are kept as bytes."""

    NONE = 0
    SZ = 1
    EXPAND_SZ = 2
    BINARY = 3
    DWORD = 4
    DWORD_BIG_ENDIAN = 5
    LINK = 6
    MULTI_SZ = 7
    QWORD = 11


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a key."""

    name: str  # empty: the key's default value
    type: int
    data: Data  # text, number, strings of a MULTI_SZ, or the bytes of every other type
    locator: Locator


@dataclass(frozen=True, slots=True)
class Key:
    """One key with its values."""

    path: str  # with the control set that is current in place of `CurrentControlSet`, as the hive spells it
    written: datetime | None  # aware, UTC; when the key, a value or the list of its subkeys was last changed
    locator: Locator
    values: tuple[Value, ...] = ()
    subkeys: tuple[str, ...] = ()
    lost: int = 0  # values and subkeys that could not be read

    def value(self, name: str) -> Value | None:
        """Return a value by name, in any case."""
        wanted = name.upper()
        return next((v for v in self.values if v.name.upper() == wanted), None)

    def text(self, name: str = "") -> str:
        """Return a value as text; empty when it is not there or no text."""
        value = self.value(name)
        return value.data.strip() if value is not None and isinstance(value.data, str) else ""

    def number(self, name: str) -> int | None:
        """Return a value as a number; None when it is not there or no number."""
        value = self.value(name)
        return value.data if value is not None and isinstance(value.data, int) else None

    def strings(self, name: str) -> tuple[str, ...]:
        """Return the strings of a value; a single text is one of one."""
        value = self.value(name)
        if value is None or isinstance(value.data, int | bytes):
            return ()
        return (value.data,) if isinstance(value.data, str) else value.data


class Registry(Protocol):
    """A registry that is read and never written."""

    def holds(self, hive: str) -> bool:
        r"""Tell whether a hive (`HKLM\SYSTEM`) can be read at all, so that a key that is not found is not there."""
        ...

    def key(self, path: str) -> Key | None:
        """Return the key at a path in any case, None when there is none; raises ParseError for one not readable."""
        ...


def to_path(parts: Iterable[str]) -> str:
    """Return the path of a key from its parts."""
    return "\\".join(parts)
