"""From the tree of a record, as JSON of the `evtx` library and of evtx_dump has it, to an Event."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from iisight.model.event import Event
from iisight.model.locator import Locator

MAX_FIELDS = 1024  # of one record
MAX_DEPTH = 8

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d{1,9})? ?(Z|UTC|[+-]\d\d:?\d\d)?")
_ATTRIBUTES, _TEXT = "#attributes", "#text"

Tree = Mapping[str, object]


def event_of(tree: Tree, locator: Locator) -> Event:
    """Return the event of `{"System": {…}, "EventData" or "UserData": {…}}`; what is missing stays empty."""
    system = _mapping(tree.get("System"))
    record = to_int(text_of(system.get("EventRecordID")))
    return Event(
        provider=attribute(system, "Provider", "Name"),
        channel=text_of(system.get("Channel")),
        id=to_int(text_of(system.get("EventID"))) or 0,
        time=to_time(attribute(system, "TimeCreated", "SystemTime")),
        computer=text_of(system.get("Computer")),
        record=record,
        user=attribute(system, "Security", "UserID"),
        process=to_int(attribute(system, "Execution", "ProcessID")),
        fields=fields_of(tree),
        locator=Locator(locator.path, locator.line, locator.column, locator.offset, locator.origin, record),
    )


def fields_of(tree: Tree) -> dict[str, str]:
    """Return EventData, or the one element inside UserData, by name."""
    found: dict[str, str] = {}
    for name, value in _named(tree):
        if len(found) >= MAX_FIELDS:
            break
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def attribute(system: Tree, element: str, name: str) -> str:
    """Return an attribute of an element; libraries write it under `#attributes` or in `<element>_attributes`."""
    inner = _mapping(system.get(element))
    held = _mapping(inner.get(_ATTRIBUTES)) or _mapping(system.get(f"{element}_attributes")) or inner
    return text_of(held.get(name))


def text_of(value: object) -> str:
    """Return a value as text as Event Viewer writes it; several are joined by newlines."""
    if isinstance(value, str):
        guid = _GUID.fullmatch(value) if len(value) in (36, 38) else None
        return value if guid is None else f"{{{guid[1].upper()}}}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return "\n".join(text_of(item) for item in value[:MAX_FIELDS])
    return text_of(value.get(_TEXT)) if isinstance(value, Mapping) and _TEXT in value else ""


def to_int(text: str) -> int | None:
    """Return a decimal or `0x…` number, None for anything else."""
    try:
        return int(text, 16 if text[:2].lower() == "0x" else 10) if 0 < len(text) <= 20 else None
    except ValueError:
        return None


def to_time(text: str) -> datetime | None:
    """Return an ISO 8601 time as aware UTC (without a zone it is taken for UTC), None for anything else."""
    if len(text) > 19 and text[10] == "T" and text[-1] == "Z":  # as logs have it; the rest is for exports
        return _from_iso(text)
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    zone = "+00:00" if match[3] in (None, "Z", "UTC") else match[3]
    return _from_iso(f"{match[1]}{(match[2] or '')[:7]}{zone}")


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _named(tree: Tree) -> Iterator[tuple[str, str]]:
    data = tree.get("EventData")
    if not isinstance(data, Mapping):
        user = _mapping(tree.get("UserData"))
        data = next((v for k, v in user.items() if isinstance(v, Mapping) and not k.endswith("attributes")), {})
    yield from _leaves(data, "", 0)


def _leaves(data: Tree, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        if name.endswith((_ATTRIBUTES, "_attributes")):
            continue
        if name == "Data" and not prefix:
            yield from _unnamed(value)
            continue
        for one in value[:MAX_FIELDS] if isinstance(value, list) else (value,):
            if isinstance(one, Mapping) and _TEXT not in one:
                yield from _leaves(one, f"{prefix}{name}.", depth + 1) if depth < MAX_DEPTH else ()
            else:
                yield prefix + name, text_of(one)


def _unnamed(value: object) -> Iterator[tuple[str, str]]:
    for number, item in enumerate(islice(_flat(value, 0), MAX_FIELDS), 1):
        yield f"param{number}", text_of(item)


def _flat(value: object, depth: int) -> Iterator[object]:
    held = value.get(_TEXT) if isinstance(value, Mapping) else value
    if isinstance(held, list) and depth < MAX_DEPTH:
        for item in held:
            yield from _flat(item, depth + 1)
    elif held is not None or depth:  # an empty one among several keeps its number
        yield held


def _mapping(value: object) -> Tree:
    return value if isinstance(value, Mapping) else {}
