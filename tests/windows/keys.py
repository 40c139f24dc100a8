"""Keys and values below HKLM that exist for the length of a test. For a machine that is there for tests, as Wine's."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from iisight.model.registry import Data
from iisight.parsers.registry.memory import type_of


@contextmanager
def written(keys: Mapping[str, Mapping[str, Data]]) -> Iterator[None]:
    """Write the values of keys, and take away the keys and values that were made for it."""
    if sys.platform == "win32":
        import winreg

        made: list[str] = []
        added: list[tuple[str, str]] = []
        try:
            for path, values in keys.items():
                made += _missing(path)
                with winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                    for name, data in values.items():
                        added += [(path, name)] if _is_missing(key, name) else []
                        winreg.SetValueEx(key, name, 0, type_of(data), list(data) if isinstance(data, tuple) else data)
            yield
        finally:
            for path, name in added:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_SET_VALUE) as key:
                    winreg.DeleteValue(key, name)
            for path in sorted(set(made), key=len, reverse=True):
                winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, path)
    else:
        raise NotImplementedError


def _missing(path: str) -> list[str]:
    """Return the keys on the way to a path that are not there."""
    found: list[str] = []
    if sys.platform == "win32":
        import winreg

        parts = path.split("\\")
        for above in ("\\".join(parts[:count]) for count in range(1, len(parts) + 1)):
            try:
                winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, above).Close()
            except FileNotFoundError:
                found.append(above)
    return found


def _is_missing(key: Any, name: str) -> bool:
    """Tell whether an open key has no such value."""
    if sys.platform == "win32":
        import winreg

        try:
            winreg.QueryValueEx(key, name)
        except FileNotFoundError:
            return True
    return False
