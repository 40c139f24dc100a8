"""A registry in memory, for tests and the pages of rules: a real one, only not read from a file."""

from collections.abc import Mapping
from datetime import datetime

from iisight.model.locator import Locator
from iisight.model.registry import Data, Key, Value, ValueType, to_path


class MemoryRegistry:
    """Keys by path; what is above a key is there as well."""

    def __init__(
        self, keys: Mapping[str, Mapping[str, Data]], written: datetime | None = None, hives: tuple[str, ...] = ()
    ) -> None:
        """Take the values of keys, when all were written, and the hives that are there beside those of the keys."""
        self._written = written
        self._keys: dict[str, tuple[str, dict[str, Data]]] = {}
        for path, values in keys.items():
            self._keys.setdefault(path.upper(), (path, {}))[1].update(values)
        mounts = [to_path(path.split("\\")[:2]) for path in keys]
        self._hives = {hive.upper() for hive in (*hives, *mounts)}

    def holds(self, hive: str) -> bool:
        """Tell whether a hive is there."""
        return hive.upper() in self._hives

    def key(self, path: str) -> Key | None:
        """Return a key."""
        folded = path.upper()
        above = f"{folded}\\"
        below = [p[len(above) :] for key, (p, _) in self._keys.items() if key.startswith(above)]
        if folded not in self._keys and not below:
            return None
        spelled, data = self._keys.get(folded, (path, {}))
        place = Locator(spelled)
        values = tuple(Value(name, type_of(held), held, place) for name, held in data.items())
        names = {name.upper(): name for name in (rest.partition("\\")[0] for rest in reversed(below))}
        return Key(spelled, self._written, place, values, tuple(sorted(names.values())))


def type_of(data: Data) -> ValueType:
    """Return the type that Windows would mostly keep data as."""
    if isinstance(data, str):
        return ValueType.EXPAND_SZ if "%" in data else ValueType.SZ
    if isinstance(data, tuple):
        return ValueType.MULTI_SZ
    return ValueType.BINARY if isinstance(data, bytes) else ValueType.DWORD
