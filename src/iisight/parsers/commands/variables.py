"""Variables of cmd.exe: `%name%`, `%name:~0,3%`, `%name:a=b%`, `!name!`, and what `set` gives them."""

import re
from collections.abc import Mapping

from iisight.parsers.commands.tables import read_table

MAX_EXPANDED = 65_536  # characters

_USE = re.compile(r"([%!])([^%!:=\s\"&|<>^][^%!:=\"&|<>^]{0,63})(?::(~[-\d, ]{1,20}|[^%!=]{1,64}=[^%!]{0,64}))?\1")
_SLICE = re.compile(r"~\s*(-?\d{1,5})?\s*(?:,\s*(-?\d{1,5}))?")
_LOOP = re.compile(r"%{1,2}([A-Za-z])(?![A-Za-z0-9:_(]*%)")


def standard() -> dict[str, str]:
    """Return the variables every Windows has, by lower-case name, with the values of a usual installation."""
    return {row[0]: row[1] for row in read_table("variables")}


def expand(text: str, known: Mapping[str, str], own: Mapping[str, str]) -> tuple[str, bool]:
    """Return a text with its variables replaced and whether that uncovered something.

    A whole standard variable in it stays as written: `%windir%` means the same to whoever reads it later.
    """
    if "%" not in text and "!" not in text:
        return text, False
    uncovered = False

    def replace(match: re.Match[str]) -> str:
        nonlocal uncovered
        name, change = match[2].lower(), match[3]
        value = own.get(name)
        if value is None:
            value = known.get(name)
            if value is None or (change[:1] != "~" if change else name != "comspec"):
                return match[0]
        uncovered = uncovered or bool(change) or name in own
        return _changed(value, change)

    return _USE.sub(replace, text)[:MAX_EXPANDED], uncovered


def expand_loop(text: str, name: str, value: str) -> str:
    """Return the body of a `for` with its variable replaced."""
    return _LOOP.sub(lambda match: value if match[1] == name else match[0], text)[:MAX_EXPANDED]


def _changed(value: str, change: str | None) -> str:
    if not change:
        return value
    found = _SLICE.fullmatch(change)
    if found is None:
        old, _, new = change.partition("=")
        return re.sub(re.escape(old.lstrip("*")), lambda _: new, value, flags=re.IGNORECASE)
    start = int(found[1] or 0)
    start = max(0, len(value) + start) if start < 0 else start
    if found[2] is None:
        return value[start:]
    length = int(found[2])
    return value[start:length] if length < 0 else value[start : start + length]
