"""The fields of an event under the names that Sigma rules use."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import TypeAlias

from iisight.model.event import Event
from iisight.model.need import folded
from iisight.sigma.tables import DERIVED, native_names, translations

Row: TypeAlias = Mapping[str, str]

DATA = "data"  # all values without a name, when the event has no field of that name
UNNAMED = re.compile(r"param\d+")

_PLACE = re.compile(r"\{(\w+)\}")

_SYSTEM: Mapping[str, Callable[[Event], str | None]] = {
    "eventid": lambda event: str(event.id),
    "channel": lambda event: event.channel,
    "provider_name": lambda event: event.provider,
}
_FALLBACK: Mapping[str, Callable[[Event], str | None]] = {
    "computer": lambda event: event.computer,
    "computername": lambda event: event.computer,
    "provider": lambda event: event.provider,
    "source": lambda event: event.provider,
    "eventrecordid": lambda event: None if event.record is None else str(event.record),
    "userid": lambda event: event.user,
    "processid": lambda event: None if event.process is None else str(event.process),
    "timecreated": lambda event: None if event.time is None else event.time.isoformat(),
    "systemtime": lambda event: None if event.time is None else event.time.isoformat(),
}


class View:
    """An event as matchers see it: names of fields in any case, values folded at most once."""

    __slots__ = ("_lower", "event", "known")

    def __init__(self, event: Event) -> None:
        """Look at an event."""
        self.event = event
        self.known: dict[str, str | None] = {}  # folded values that were asked for
        self._lower: dict[str, str] | None = None

    def get(self, name: str, lower: str) -> str | None:
        """Return the value of a field whose name is this, or is this in lower case."""
        value = self.event.fields.get(name)
        return self.lower.get(lower) if value is None else value

    @property
    def lower(self) -> Mapping[str, str]:
        """Return the values by their names in lower case."""
        if self._lower is None:
            self._lower = {name.lower(): value for name, value in self.event.fields.items()}
        return self._lower

    @property
    def text(self) -> str:
        """Return all values of the record, folded, a line each."""
        return folded("\n".join(self.event.fields.values()))

    def values(self, *, cased: bool) -> list[str]:
        """Return all values of the record, for keywords."""
        values = list(self.event.fields.values())
        return values if cased else [folded(value) for value in values]


Getter: TypeAlias = Callable[[View], str | None]


def getter_of(field: str, mapping: str, *, cased: bool = False) -> Getter:
    """Return what reads a field of an event of a mapping, folded unless cased."""
    name = field.lower()
    native = native_names(mapping).get(name, field)
    read = _derived(native.lower()) if native.startswith(DERIVED) else _reader(native)
    rows = translations(mapping).get(name, ())
    if rows:
        read = partial(_translated, read, rows)
    return read if cased else _folding(read, f"{native.lower()}\0{name}" if rows else native.lower())


def _folding(read: Getter, key: str) -> Getter:
    """Return what folds a value and remembers it under a key."""

    def get(view: View) -> str | None:
        known = view.known
        if key in known:
            return known[key]
        value = read(view)
        known[key] = None if value is None else folded(value)
        return known[key]

    return get


def native_of(field: str, mapping: str) -> str | None:
    """Return the one field of an event whose text a field is, in lower case; None when there is no such one."""
    name = field.lower()
    native = native_names(mapping).get(name, field).lower()
    if native.startswith(DERIVED) or translations(mapping).get(name) or native in _SYSTEM or native in _FALLBACK:
        return None
    return native


def _reader(native: str) -> Getter:
    """Return what reads a value that the record has under one name, or that its System part has."""
    lower = native.lower()
    if lower in _SYSTEM:
        system = _SYSTEM[lower]
        return lambda view: system(view.event)
    fallback = _FALLBACK.get(lower)
    if fallback is None and lower != DATA:
        return lambda view: view.get(native, lower)

    def read(view: View) -> str | None:
        value = view.get(native, lower)
        if value is not None:
            return value
        return _unnamed(view) if fallback is None else fallback(view.event) or None

    return read


def _unnamed(view: View) -> str | None:
    values = [value for name, value in view.lower.items() if UNNAMED.fullmatch(name)]
    return "\n".join(values) if values else None


def _derived(template: str) -> Getter:
    """Return what puts a value together of those that are there; None when none is."""
    names = _PLACE.findall(template)
    between = _PLACE.split(template)[::2]

    def read(view: View) -> str | None:
        values = [(text, view.lower.get(name)) for text, name in zip(between, names, strict=False)]
        known = [(text, value) for text, value in values if value]
        return "".join(chain.from_iterable(known)).removeprefix(known[0][0]) if known else None

    return read


def _translated(read: Getter, rows: tuple[Row, ...], view: View) -> str | None:
    value = read(view)
    if value is None:
        return None
    for row in rows:
        if row["how"] == "=" and folded(value) == folded(row["native"]):
            return row["sigma"]
        if row["how"] == "^" and folded(value).startswith(folded(row["native"])):
            return row["sigma"] + value[len(row["native"]) :]
    return value
