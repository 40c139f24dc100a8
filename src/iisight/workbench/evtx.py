"""Inert event logs (`.evtx`) for tests, fixtures and benchmarks: from events to bytes."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from iisight.model.event import Event
from iisight.workbench.evtx_binxml import SIZE, START, Body, Element, Slot, Value, put_document
from iisight.workbench.evtx_values import filetime, value

_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
_USER_NAMESPACE = "urn:user-data"
_NO_VALUE: Value = (0, b"")
_PARAMETER = "param"


@dataclass(frozen=True, slots=True)
class Record:
    """An event and how a log stores it; what is not said is stored as text."""

    event: Event
    types: Mapping[str, str] = field(default_factory=dict)  # of fields: `hex32`, `guid`, … (`evtx_values`)
    user_data: str = ""  # name of the element in UserData that holds the fields, empty: they are in EventData
    guid: str = ""  # of the provider
    qualifiers: int | None = None  # of the EventID; classic sources have it


def write(records: Iterable[Record | Event], *, first: int = 1, dirty: bool = False, per_chunk: int = 0x10000) -> bytes:
    """Return a log; records of events that have no id are numbered from `first`, chunks hold at most `per_chunk`.

    A dirty log was not closed: its header knows of the first chunk only. Raises ValueError for a record that no chunk
    can hold.
    """
    bodies = list(_bodies(records, first, per_chunk))
    known = bodies[:1] if dirty else bodies
    next_record = known[-1].last + 1 if known else first
    count = len(known)
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, max(count - 1, 0), next_record, 128, 1, 3, 4096, count).ljust(
        120, b"\0"
    )
    header = head + struct.pack("<II", int(dirty), zlib.crc32(head))
    number, parts = 1, [header.ljust(4096, b"\0")]
    for chunk in bodies:
        parts.append(chunk.sealed(number))
        number += chunk.count
    return b"".join(parts)


@dataclass(slots=True)
class _Open:
    """A chunk that is being filled."""

    body: Body
    first: int
    last: int = 0
    last_offset: int = START
    count: int = 0

    def sealed(self, number: int) -> bytes:
        """Return the chunk with its header; `number` is that of its first record in the file."""
        data = bytes(self.body.data)
        free, rows = len(data), (number, number + self.count - 1, self.first, self.last, 128, self.last_offset)
        head = struct.pack("<8sQQQQIIII", b"ElfChnk\0", *rows, free, zlib.crc32(data[START:])).ljust(120, b"\0")
        tables = struct.pack("<96I", *self.body.string_table, *self.body.template_table)
        header = head + struct.pack("<II", 0, zlib.crc32(tables, zlib.crc32(head))) + tables
        return (header + data[START:]).ljust(SIZE, b"\0")


def _bodies(records: Iterable[Record | Event], first: int, per_chunk: int) -> Iterator[_Open]:
    chunk: _Open | None = None
    number = first
    for given in records:
        record = given if isinstance(given, Record) else Record(given)
        number = number if record.event.record is None else record.event.record
        if chunk is None or chunk.count >= per_chunk or not _added(chunk, record, number):
            if chunk is not None:
                yield chunk
            chunk = _Open(Body(), number)
            if not _added(chunk, record, number):
                raise ValueError(f"record {number} is larger than a chunk")
        number += 1
    if chunk is not None:
        yield chunk


def _added(chunk: _Open, record: Record, number: int) -> bool:
    body = chunk.body.copy()
    at = len(body.data)
    _put_record(body, record, number)
    if len(body.data) > SIZE:
        return False
    chunk.body, chunk.last, chunk.last_offset, chunk.count = body, number, at, chunk.count + 1
    return True


def _put_record(body: Body, record: Record, number: int) -> None:
    time = record.event.time
    written = 0 if time is None else filetime(time)
    at = body.put("4xIQQ", 0, number, written)
    body.data[at : at + 4] = b"**\0\0"
    put_document(body, _event(record), _system_values(record, number, written))
    body.data += bytes(-(len(body.data) + 4) % 8)
    size = len(body.data) + 4 - at
    body.put("I", size)
    body.patch(at + 4, "I", size)


def _event(record: Record) -> Element:
    """Return the template of a provider; its slots are those of Windows' own."""
    event = record.event
    guid: tuple[tuple[str, str], ...] = (("Guid", record.guid),) if record.guid else ()
    system = (
        Element("Provider", (("Name", event.provider), *guid)),
        Element("EventID", (("Qualifiers", Slot(4, 0x06)),), (Slot(3, 0x06),)),
        Element("Version", (), (Slot(11, 0x04),)),
        Element("Level", (), (Slot(0, 0x04),)),
        Element("Task", (), (Slot(2, 0x06),)),
        Element("Opcode", (), (Slot(1, 0x04),)),
        Element("Keywords", (), (Slot(5, 0x15),)),
        Element("TimeCreated", (("SystemTime", Slot(6, 0x11)),)),
        Element("EventRecordID", (), (Slot(10, 0x0A),)),
        Element("Correlation", (("ActivityID", Slot(7, 0x0F)),)),
        Element("Execution", (("ProcessID", Slot(8, 0x08)), ("ThreadID", Slot(9, 0x08)))),
        Element("Channel", (), (event.channel,)),
        Element("Computer", (), (Slot(13, 0x01),)),
        Element("Security", (("UserID", Slot(12, 0x13)),)),
    )
    data = (Slot(14, 0x21),) if event.fields else ()
    return Element("Event", (("xmlns", _NAMESPACE),), (Element("System", (), system), *data))


def _system_values(record: Record, number: int, written: int) -> list[Value]:
    event = record.event
    process = event.process
    return [
        value("uint8", "4"),
        value("uint8", "0"),
        value("uint16", "0"),
        value("uint16", str(event.id)),
        _NO_VALUE if record.qualifiers is None else value("uint16", str(record.qualifiers)),
        value("hex64", "0x8000000000000000"),
        (0x11, struct.pack("<Q", written)) if written else _NO_VALUE,
        _NO_VALUE,
        _NO_VALUE if process is None else value("uint32", str(process)),
        _NO_VALUE if process is None else value("uint32", "1"),
        value("uint64", str(number)),
        value("uint8", "0"),
        value("sid", event.user) if event.user else _NO_VALUE,
        value("string", event.computer),
        *([(0x21, partial(_put_data, record=record))] if event.fields else []),
    ]


def _put_data(body: Body, record: Record) -> None:
    root, values = _user_data(record) if record.user_data else _event_data(record)
    put_document(body, root, values)


def _event_data(record: Record) -> tuple[Element, list[Value]]:
    """Return the template of EventData and what fills it; fields `param1`, … are values without a name."""
    fields = record.event.fields
    unnamed = [text for name, text in fields.items() if _is_unnamed(name)]
    rows: list[Element] = []
    values: list[Value] = [value("strings", "\n".join(unnamed))] if unnamed else []
    if unnamed:
        rows.append(Element("Data", (), (Slot(0, 0x81),)))
    for name, text in fields.items():
        if _is_unnamed(name):
            continue
        values.append(value(record.types.get(name, "string"), text))
        slot = Slot(len(values) - 1, values[-1][0])
        rows.append(Element(name, (), (slot,)) if name == "Binary" else Element("Data", (("Name", name),), (slot,)))
    return Element("EventData", (), tuple(rows)), values


def _is_unnamed(name: str) -> bool:
    return name.startswith(_PARAMETER) and name.removeprefix(_PARAMETER).isdigit()


def _user_data(record: Record) -> tuple[Element, list[Value]]:
    """Return the template of UserData and what fills it; `A.B` is an element in an element."""
    fields = record.event.fields
    values: list[Value] = [value(record.types.get(name, "string"), text) for name, text in fields.items()]
    leaves = [(name.split("."), Slot(index, values[index][0])) for index, name in enumerate(fields)]
    root = Element(record.user_data, (("xmlns", _USER_NAMESPACE),), _nested(leaves))
    return Element("UserData", (), (root,)), values


def _nested(leaves: list[tuple[list[str], Slot]]) -> tuple[Element, ...]:
    found: list[Element] = []
    for name, group in groupby(leaves, key=lambda leaf: leaf[0][0]):
        inside = list(group)
        deeper = [(path[1:], slot) for path, slot in inside if len(path) > 1]
        found.extend(Element(name, (), (slot,)) for path, slot in inside if len(path) == 1)
        if deeper:
            found.append(Element(name, (), _nested(deeper)))
    return tuple(found)
