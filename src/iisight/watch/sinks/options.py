"""The settings behind the `?` or `#` of a sink's text, each named and bounded; what is not known is refused."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from iisight.model.errors import UsageError

MAX_SECRET = 64 * 1024  # bytes of a file that holds a secret or a sink's text

_SIZE = re.compile(r"(\d{1,12})(|B|KiB|MiB|GiB)")
_UNITS = {"": 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one sink by name; every method raises UsageError with the kind of sink and the setting."""

    kind: str
    values: Mapping[str, str]

    def choice(self, name: str, choices: Mapping[str, _T], default: str) -> _T:
        """Return what one of several words stands for."""
        value = self.values.get(name, default)
        if value not in choices:
            raise UsageError(f"{self.kind}: {name}={value}: expected one of {', '.join(choices)}")
        return choices[value]

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a number within its bounds."""
        return self._within(name, default, least, most, _number)

    def size(self, name: str, default: int, least: int, most: int) -> int:
        """Return bytes, written as `10MiB`."""
        return self._within(name, default, least, most, _bytes)

    def path(self, name: str) -> Path | None:
        """Return a path, when it is given."""
        value = self.values.get(name)
        return Path(value) if value else None

    def word(self, name: str, default: str, most: int) -> str:
        """Return printable ASCII without spaces, at most that long."""
        value = self.values.get(name, default)
        if not re.fullmatch(r"[!-~]+", value) or len(value) > most:
            raise UsageError(f"{self.kind}: {name}={value}: expected 1 to {most} characters of ASCII without spaces")
        return value

    def _within(self, name: str, default: int, least: int, most: int, read: Callable[[str], int | None]) -> int:
        if name not in self.values:
            return default
        value = read(self.values[name])
        if value is None or not least <= value <= most:
            raise UsageError(f"{self.kind}: {name}={self.values[name]}: expected {least:,} to {most:,}")
        return value


def settings(kind: str, text: str, names: tuple[str, ...]) -> Settings:
    """Return the settings of `a=1&b=2`, percent-decoded. Raises UsageError for one that `names` does not have."""
    values: dict[str, str] = {}
    for part in filter(None, text.split("&")):
        name, equals, value = part.partition("=")
        if name not in names or not equals or name in values:
            known = f"it knows {', '.join(names)}" if names else "it knows none"
            raise UsageError(
                f"{kind}: setting '{name}' is not one of this sink, given twice or without a value; {known}"
            )
        values[name] = unquote(value)
    return Settings(kind, values)


def first_line(path: Path, kind: str) -> str:
    """Return the first line of a small file that holds a secret. Raises UsageError, without what it holds."""
    try:
        with path.open("rb") as stream:
            line = stream.readline(MAX_SECRET + 1)
    except OSError as error:
        raise UsageError(f"{kind}: {path}: {error.strerror}") from error
    try:
        text = line.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise UsageError(f"{kind}: {path}: expected UTF-8") from error
    if not text or len(line) > MAX_SECRET:
        raise UsageError(f"{kind}: {path}: expected one line that is not empty")
    return text


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def _bytes(text: str) -> int | None:
    found = _SIZE.fullmatch(text)
    return int(found[1]) * _UNITS[found[2]] if found else None
