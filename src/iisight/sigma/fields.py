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
MAX_NAMES = 65_536  # field names whose lower case is remembered

_PLACE = re.compile(r"\{(\w+)\}")
_lower_names: dict[str, str] = {}

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
    """An event as a matcher sees it: field names in lower case, values folded at most once."""

    __slots__ = ("_folded", "event", "fields")

    def __init__(self, event: Event) -> None:
        """Look at an event."""
        self.event = event
        self.fields = {_lower_names.get(name) or _lower(name): value for name, value in event.fields.items()}
        self._folded: dict[str, str | None] = {}

    def folded(self, name: str, read: "Getter") -> str | None:
        """Return a value in lower case as Windows compares; `name` is what it is remembered by."""
        try:
            return self._folded[name]
        except KeyError:
            value = read(self)
            found = self._folded[name] = None if value is None else folded(value)
            return found

    def values(self, *, cased: bool) -> list[str]:
        """Return all values of the record, for keywords."""
        values = list(self.fields.values())
        return values if cased else [folded(value) for value in values]


Getter: TypeAlias = Callable[[View], str | None]


def getter_of(field: str, mapping: str, *, cased: bool = False) -> Getter:
    """Return what reads a field of an event of a mapping, folded unless cased."""
    name = field.lower()
    native = native_names(mapping).get(name, field).lower()
    read = _derived(native) if native.startswith(DERIVED) else partial(_read, native)
    rows = translations(mapping).get(name, ())
    if rows:
        read = partial(_translated, read, rows)
    if cased:
        return read
    remembered = f"{native}\0{name}" if rows else native
    return lambda view: view.folded(remembered, read)


def native_of(field: str, mapping: str) -> str | None:
    """Return the one field of an event whose text a field is, in lower case; None when there is no such one."""
    name = field.lower()
    native = native_names(mapping).get(name, field).lower()
    if native.startswith(DERIVED) or translations(mapping).get(name) or native in _SYSTEM or native in _FALLBACK:
        return None
    return native


def _read(name: str, view: View) -> str | None:
    system = _SYSTEM.get(name)
    if system is not None:
        return system(view.event)
    value = view.fields.get(name)
    if value is not None:
        return value
    if name == DATA:
        return _unnamed(view)
    fallback = _FALLBACK.get(name)
    return None if fallback is None else fallback(view.event) or None


def _unnamed(view: View) -> str | None:
    values = [value for name, value in view.fields.items() if UNNAMED.fullmatch(name)]
    return "\n".join(values) if values else None


def _derived(template: str) -> Getter:
    """Return what puts a value together; one that is not there ends it."""
    names = _PLACE.findall(template)
    between = _PLACE.split(template)[::2]

    def read(view: View) -> str | None:
        values = [view.fields.get(name) for name in names]
        if values[0] is None:
            return None
        known = [(text, value) for text, value in zip(between, values, strict=False) if value]
        return "".join(chain.from_iterable(known))

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


def _lower(name: str) -> str:
    lower = name.lower()
    if len(_lower_names) < MAX_NAMES:
        _lower_names[name] = lower
    return lower
