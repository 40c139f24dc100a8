"""What shape a record has, and the event in it; each record is looked at by itself.

evtx_dump and Velociraptor keep the tree of the record, Winlogbeat and Elastic nest it under `winlog`, NXLog, Splunk and
Azure put the fields beside what is of the record itself. Envelopes around a record are opened.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers.exports.messages import provider_of, read_classic, spelled_out
from iisight.parsers.exports.tables import read_table
from iisight.parsers.exports.times import time_of
from iisight.parsers.exports.xml_events import tree_of
from iisight.parsers.record import MAX_FIELDS, event_of, fields_of, text_of, to_int

Tree = Mapping[str, object]

_MAX_ENVELOPES = 4
_ENVELOPES = ("Event", "result", "_source", "event", "data", "fields")
_LEVELS = frozenset({"INFO", "WARNING", "ERROR", "CRITICAL", "VERBOSE", "DEBUG", "AUDIT_SUCCESS", "AUDIT_FAILURE"})
_SPLUNK_SOURCE = ("XmlWinEventLog:", "WinEventLog:")
_SYSMON = "Microsoft-Windows-Sysmon"


def event_in(value: Tree, place: Locator, depth: int = 0) -> Event | None:
    """Return the event of a record of any shape, or None when it is none."""
    if isinstance(value.get("System"), dict):
        return _of_tree(value, place)
    if isinstance(winlog := value.get("winlog"), dict):
        return _of_ecs(value, winlog, place)
    if isinstance(raw := value.get("_raw"), str) and (event := _of_raw(raw, value, place)) is not None:
        return event
    if "event_data" in value or "user_data" in value:
        return _of_beat6(value, place)
    event = _of_row(value, place)
    if event is None and depth < _MAX_ENVELOPES:
        return _of_envelope(value, place, depth)
    return event


def _of_envelope(value: Tree, place: Locator, depth: int) -> Event | None:
    for name in _ENVELOPES:
        inner = value.get(name)
        tree = _parsed(inner) if isinstance(inner, str) else inner
        if isinstance(tree, dict) and (event := event_in(tree, place, depth + 1)) is not None:
            return event
    dotted = _nested(value) if any(name.startswith("winlog.") for name in value) else None
    return event_in(dotted, place, _MAX_ENVELOPES) if dotted else None


def _of_tree(tree: Tree, place: Locator) -> Event | None:
    """Read the tree of a record; Velociraptor has the number under `Value` and the time in seconds."""
    system = _mapping(tree["System"])
    if "EventID" not in system and "Provider" not in system:
        return None
    held = {"System": system, "EventData": _data(tree.get("EventData")), "UserData": tree.get("UserData")}
    event = event_of({name: part for name, part in held.items() if part}, place)
    if isinstance(number := system.get("EventID"), dict) and "Value" in number:
        event = replace(event, id=to_int(text_of(number["Value"])) or 0)
    if event.time is None:
        event = replace(event, time=time_of(_mapping(system.get("TimeCreated")).get("SystemTime")))
    return event


def _of_ecs(value: Tree, winlog: Tree, place: Locator) -> Event | None:
    """Read what Winlogbeat 7 and later, and Elastic Agent, write."""
    host, about = _mapping(value.get("host")), _mapping(value.get("event"))
    number = to_int(text_of(winlog.get("event_id", about.get("code"))))
    if number is None:
        return None
    record = to_int(text_of(winlog.get("record_id")))
    provider = text_of(winlog.get("provider_name") or about.get("provider"))
    fields = _beat_fields(winlog)
    if provider == _SYSMON:
        fields = {**_moved(number, value, fields), **fields}
    return Event(
        provider=provider,
        channel=text_of(winlog.get("channel")),
        id=number,
        time=time_of(value.get("@timestamp")),
        computer=text_of(winlog.get("computer_name") or host.get("name")),
        record=record,
        user=text_of(_mapping(winlog.get("user")).get("identifier")),
        process=to_int(text_of(_mapping(winlog.get("process")).get("pid"))),
        fields=fields,
        locator=replace(place, record=record),
    )


def _of_beat6(value: Tree, place: Locator) -> Event | None:
    """Read what Winlogbeat up to 6 writes."""
    event = _of_row(value, place)
    if event is None:
        return None
    user = text_of(_mapping(value.get("user")).get("identifier"))
    return replace(event, user=user or event.user, fields=_beat_fields(value))


def _beat_fields(holder: Tree) -> dict[str, str]:
    data = holder.get("event_data")
    if isinstance(data, dict) and data:
        return fields_of({"EventData": data})
    user = _mapping(holder.get("user_data"))
    return fields_of({"EventData": {name: part for name, part in user.items() if name != "xml_name"}})


def _moved(number: int, value: Tree, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of Sysmon that a pipeline moved out of event_data."""
    found: dict[str, str] = {}
    for field, path, events in _ecs_names():
        if field in fields or field in found or (events and str(number) not in events):
            continue
        if text := text_of(_at(value, path)):
            found[field] = text
    user = _mapping(value.get("user"))
    if number == 1 and "User" not in fields and user.get("name"):
        found["User"] = "\\".join(text for name in ("domain", "name") if (text := text_of(user.get(name))))
    return found


def _of_raw(raw: str, value: Tree, place: Locator) -> Event | None:
    """Read the text that Splunk indexed: XML, JSON or `key=value` lines."""
    tree = _parsed(raw)
    if tree is not None:
        return event_in(tree, place, _MAX_ENVELOPES - 1)
    classic = read_classic(raw)
    if not classic:
        return None
    # what Splunk extracted at search time says the same under other names; of it only what the text has not counts
    beside = {name: value[name] for name in ("_time", "host") if name in value}
    known = {name: text for name, text in classic.items() if name in _flat_names()}
    return _of_row({**beside, **known}, place)


def _of_row(value: Tree, place: Locator) -> Event | None:
    """Read a record whose fields stand beside what is of the record itself."""
    roles, rest = _roles_of(value)
    number = to_int(text_of(roles.get("id")))
    if number is None or not roles.keys() & {"provider", "channel", "computer", "time"}:
        return None
    record = to_int(text_of(roles.get("record")))
    provider = provider_of(_provider(roles.get("provider")))
    return Event(
        provider=provider,
        channel=text_of(roles.get("channel")) or _splunk_channel(value),
        id=number,
        time=time_of(roles.get("time")),
        computer=text_of(roles.get("computer")),
        record=record,
        user=text_of(roles.get("user")),
        process=to_int(text_of(roles.get("process"))),
        fields=_row_fields(value, rest) or spelled_out(number, provider, text_of(value.get("Message"))),
        locator=replace(place, record=record),
    )


def _roles_of(value: Tree) -> tuple[Tree, Tree]:
    """Return what is of the record by role, and the columns that are fields."""
    names = _flat_names()
    roles: dict[str, object] = {}
    ranks: dict[str, int] = {}
    rest: dict[str, object] = {}
    for name, held in value.items():
        known = names.get(name)
        if known is None:
            rest[name] = held
        elif known[0] != "ignored" and held not in (None, "") and known[1] < ranks.get(known[0], len(names)):
            roles[known[0]], ranks[known[0]] = held, known[1]
    return roles, rest


def _row_fields(value: Tree, rest: Tree) -> dict[str, str]:
    """Return the fields of a row: those under EventData or UserData, else the columns nobody else claims."""
    parts = {name: _data(value.get(name)) for name in ("EventData", "UserData")}
    held = {name: part for name, part in parts.items() if part}
    if held:
        return fields_of(held)
    columns = {name: part for name, part in rest.items() if not name.startswith(("_", "tag::", "date_"))}
    kind = columns.get("EventType")  # of NXLog and Splunk; Sysmon 12 to 14 have a field of this name
    if kind in _LEVELS or text_of(kind).isdecimal():
        del columns["EventType"]
    return {name: text_of(part) for name, part in list(columns.items())[:MAX_FIELDS]}


def _data(part: object) -> Tree | None:
    """Return EventData or UserData, whether it is there as a tree or as XML or JSON in a string."""
    tree = _parsed(part) if isinstance(part, str) else part
    for _ in range(_MAX_ENVELOPES):
        if not isinstance(tree, dict):
            return None
        inner = next((tree[name] for name in ("DataItem", "EventData", "UserData") if name in tree), None)
        if not isinstance(inner, dict):
            return tree
        tree = inner
    return None


def _parsed(text: str) -> Tree | None:
    """Return the tree of a string that holds XML or a JSON object."""
    start = text.lstrip()[:1]
    if start == "<":
        tree = tree_of(text.strip())
        return None if isinstance(tree, str) else tree
    if start == "{":
        from msgspec import MsgspecError
        from msgspec.json import decode

        try:
            value = decode(text)
        except (MsgspecError, RecursionError, ValueError):
            return None
        return value if isinstance(value, dict) else None
    return None


def _provider(held: object) -> str:
    return text_of(held.get("Name") if isinstance(held, dict) and "Name" in held else held)


def _splunk_channel(value: Tree) -> str:
    source = text_of(value.get("source"))
    return next((source[len(start) :] for start in _SPLUNK_SOURCE if source.startswith(start)), "")


def _nested(value: Tree) -> dict[str, object]:
    """Return `{"winlog.event_id": 1}` as `{"winlog": {"event_id": 1}}`; fields, at the third level, keep dots."""
    tree: dict[str, object] = {}
    for name, held in value.items():
        *above, last = name.split(".", 2)
        node = tree
        for part in above:
            inner = node.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            node = inner
        else:
            node[last] = held
    return tree


def _at(value: object, path: tuple[str, ...]) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _mapping(value: object) -> Tree:
    return value if isinstance(value, dict) else {}


@cache
def _flat_names() -> dict[str, tuple[str, int]]:
    return {name: (role, rank) for rank, (name, role) in enumerate(read_table("flat_names"))}


@cache
def _ecs_names() -> tuple[tuple[str, tuple[str, ...], frozenset[str]], ...]:
    return tuple(
        (field, tuple(path.split(".")), frozenset(events.split())) for field, path, events in read_table("ecs_names")
    )


__all__ = ["event_in"]
