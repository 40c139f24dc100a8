"""The JSON of a record, as the `evtx` library and evtx_dump write it; imported where the first is read.

Elements of one name become keys of one name in it, which a decoder silently drops. So the keys are counted, and where
there are more in the text than came out of it, or could be, they are read again with all of them kept.
"""

import json
from typing import Any

import msgspec

from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers.record import MAX_FIELDS, event_of, fields_of, text_of, to_int, to_time

_KEY_END = b'":'  # in a string the quote is escaped, so that this counts one too many and never one too few


class _Text(msgspec.Struct):
    text: int | str = msgspec.field(default="", name="#text")


class _Names(msgspec.Struct):
    name: str = msgspec.field(default="", name="Name")
    system_time: str = msgspec.field(default="", name="SystemTime")
    user: str = msgspec.field(default="", name="UserID")
    process: int | str = msgspec.field(default="", name="ProcessID")


class _Element(msgspec.Struct):
    attributes: _Names = msgspec.field(default_factory=_Names, name="#attributes")


class _System(msgspec.Struct):
    provider: _Element | None = msgspec.field(default=None, name="Provider")
    id: int | str | _Text | None = msgspec.field(default=None, name="EventID")
    time: _Element | None = msgspec.field(default=None, name="TimeCreated")
    record: int | str | None = msgspec.field(default=None, name="EventRecordID")
    execution: _Element | None = msgspec.field(default=None, name="Execution")
    channel: str | None = msgspec.field(default=None, name="Channel")
    computer: str | None = msgspec.field(default=None, name="Computer")
    security: _Element | None = msgspec.field(default=None, name="Security")


class _Event(msgspec.Struct):
    system: _System = msgspec.field(name="System")
    data: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="EventData")
    user_data: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="UserData")


class _Record(msgspec.Struct):
    event: _Event = msgspec.field(name="Event")


_decode = msgspec.json.Decoder(_Record).decode
_decode_any = msgspec.json.Decoder().decode
_NOTHING = _Element()


def event_of_json(text: str, locator: Locator, offset: int | None = None) -> Event | None:
    """Return the event of `{"Event": {…}}` at an offset, None when the text is none or says nothing of its System."""
    try:
        event = _decode(text).event
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _odd_event(text, Locator(locator.path, locator.line, None, offset, locator.origin))
    system = event.system
    number = system.id.text if isinstance(system.id, _Text) else system.id
    record = _number(system.record)
    return Event(
        provider=(system.provider or _NOTHING).attributes.name,
        channel=system.channel or "",
        id=_number(number) or 0,
        time=to_time((system.time or _NOTHING).attributes.system_time),
        computer=system.computer or "",
        record=record,
        user=(system.security or _NOTHING).attributes.user,
        process=_number((system.execution or _NOTHING).attributes.process),
        fields=_fields(event),
        locator=Locator(locator.path, locator.line, None, offset, locator.origin, record),
    )


def tree_of_json(text: str | bytes) -> object:
    """Return the value of a JSON text, keys of one name as a list of values; raises ValueError, RecursionError."""
    return json.loads(text, object_pairs_hook=_kept)


def _odd_event(text: str, locator: Locator) -> Event | None:
    try:
        tree = tree_of_json(text)
    except (ValueError, RecursionError):
        return None
    event = tree.get("Event") if isinstance(tree, dict) else None
    return event_of(event, locator) if isinstance(event, dict) and event.get("System") else None


def _fields(event: _Event) -> dict[str, str]:
    data = bytes(event.data)
    if data.startswith(b"{"):
        plain = _plain(data)
        return _all_fields("EventData", data) if plain is None else plain
    user_data = bytes(event.user_data)
    return _all_fields("UserData", user_data) if user_data.startswith(b"{") else {}


def _plain(data: bytes) -> dict[str, str] | None:
    """Return fields that are texts and numbers under names of their own, None for anything else."""
    values = _decode_any(data)
    if len(values) != data.count(_KEY_END) or len(values) > MAX_FIELDS or "Data" in values:
        return None
    for name, value in values.items():
        kind = type(value)
        if kind is str:
            if len(value) in (36, 38):
                values[name] = text_of(value)
        elif kind is int:
            values[name] = str(value)
        elif kind is dict or kind is list:
            return None
        else:
            values[name] = text_of(value)
    return values  # type: ignore[no-any-return] # every value is text now


def _all_fields(name: str, data: bytes) -> dict[str, str]:
    try:
        tree = tree_of_json(data)
    except (ValueError, RecursionError):
        return {}
    return fields_of({name: tree})


def _kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], _Several):
            found[name].append(value)
        else:
            found[name] = _Several((found[name], value))
    return found


class _Several(list[Any]):
    """The values of keys of one name."""


def _number(value: int | str | None) -> int | None:
    return to_int(value) if isinstance(value, str) else value
