r"""The registry of the Windows this runs on, in its 64-bit view. Imports everywhere; works on Windows alone."""

import sys
from contextlib import suppress

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.model.registry import Data, Key, Value, ValueType, to_path
from iisight.parsers.registry.cells import MAX_DATA, MAX_LIST, MAX_STRINGS, to_time

_CURRENT = "CURRENTCONTROLSET"
_SYSTEM = r"HKLM\SYSTEM"


class LiveRegistry:
    """Keys below `HKLM` of this machine; nothing is written."""

    def __init__(self) -> None:
        """Prepare to ask."""
        self._control_set = ""

    def holds(self, hive: str) -> bool:
        """Tell whether a hive can be opened."""
        with suppress(ParseError):
            return self.key(hive) is not None
        return False

    def key(self, path: str) -> Key | None:
        """Return a key. Raises ParseError for one that this account may not read."""
        parts = path.split("\\")
        if parts[0].upper() != "HKLM":
            return None
        if to_path(parts[:2]).upper() == _SYSTEM and len(parts) > 2 and parts[2].upper() == _CURRENT:
            parts[2] = self._current(parts[2])
        return self._read(to_path(parts))

    def _current(self, spelled: str) -> str:
        """Return the name of the control set that `CurrentControlSet`, a link, leads to."""
        if not self._control_set:
            select = self._read(rf"{_SYSTEM}\Select")
            number = None if select is None else select.number("Current")
            name = spelled if number is None else f"ControlSet{number:03}"
            is_there = self._read(rf"{_SYSTEM}\{name}") is not None  # Wine has no other than CurrentControlSet
            self._control_set = name if is_there else spelled
        return self._control_set

    def _read(self, path: str) -> Key | None:
        if sys.platform == "win32":
            import winreg

            access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
            place = Locator(path)
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path.partition("\\")[2], 0, access) as key:
                    subkeys, values, written = winreg.QueryInfoKey(key)
                    kept, lost = min(values, MAX_LIST), max(values - MAX_LIST, 0) + max(subkeys - MAX_LIST, 0)
                    held = [winreg.EnumValue(key, index) for index in range(kept)]
                    names = tuple(winreg.EnumKey(key, index) for index in range(min(subkeys, MAX_LIST)))
            except FileNotFoundError:
                return None
            except OSError as error:
                raise ParseError(f"the key cannot be read: {error.strerror or error}", place) from error
            found = tuple(Value(name, kind, to_data(kind, data), place) for name, data, kind in held)
            return Key(path, to_time(written), place, found, names, lost)
        else:  # noqa: RET505  for the type checker
            raise ParseError("this is no Windows: it has no registry", Locator(path))


def to_data(kind: int, data: object) -> Data:
    """Return what `winreg` gives for a value as the reader of hives would: text to its first NUL, bounded."""
    if isinstance(data, str):
        return data.partition("\0")[0]
    if isinstance(data, list):
        return tuple(text for text in data[:MAX_STRINGS] if isinstance(text, str) and text)
    if isinstance(data, int):
        return data
    if not isinstance(data, bytes):
        return b""
    return int.from_bytes(data, "big") if kind == ValueType.DWORD_BIG_ENDIAN and len(data) == 4 else data[:MAX_DATA]
