"""Text as typed values of BinXML (MS-EVEN6 2.2.12 to 2.2.17)."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_FORMS = {  # name: number of the type, how a number of it is packed
    "int8": (0x03, "<b"),
    "uint8": (0x04, "<B"),
    "int16": (0x05, "<h"),
    "uint16": (0x06, "<H"),
    "int32": (0x07, "<i"),
    "uint32": (0x08, "<I"),
    "int64": (0x09, "<q"),
    "uint64": (0x0A, "<Q"),
    "hex32": (0x14, "<I"),
    "hex64": (0x15, "<Q"),
}


def filetime(time: datetime) -> int:
    """Return a time in 100 ns since 1601."""
    passed = time - _EPOCH
    return ((passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds) * 10


def value(kind: str, text: str) -> tuple[int, bytes]:
    """Return number and bytes of a typed value; raises ValueError for text that is none of that kind."""
    if kind in _FORMS:
        number, form = _FORMS[kind]
        return number, struct.pack(form, int(text, 0))
    number, encode = _ENCODERS[kind]
    return number, encode(text)


def _strings(text: str) -> bytes:
    return b"".join(f"{line}\0".encode("utf-16-le") for line in text.split("\n"))


def _numbers(text: str) -> bytes:
    return b"".join(struct.pack("<I", int(line, 0)) for line in text.split("\n"))


def _sid(text: str) -> bytes:
    _, revision, authority, *parts = text.split("-")
    numbers = [int(part) for part in parts]
    head = bytes((int(revision), len(numbers))) + int(authority).to_bytes(6, "big")
    return head + struct.pack(f"<{len(numbers)}I", *numbers)


def _bool(text: str) -> bytes:
    return struct.pack("<I", {"false": 0, "true": 1}[text])


def _time(text: str) -> bytes:
    return struct.pack("<Q", filetime(datetime.fromisoformat(text)))


def _system_time(text: str) -> bytes:
    t = datetime.fromisoformat(text)
    weekday = (t.weekday() + 1) % 7
    return struct.pack("<8H", t.year, t.month, weekday, t.day, t.hour, t.minute, t.second, t.microsecond // 1000)


_ENCODERS: dict[str, tuple[int, Callable[[str], bytes]]] = {
    "null": (0x00, lambda _: b""),
    "string": (0x01, lambda text: text.encode("utf-16-le")),
    "ansi": (0x02, lambda text: text.encode("cp1252") + b"\0"),
    "double": (0x0C, lambda text: struct.pack("<d", float(text))),
    "bool": (0x0D, _bool),
    "binary": (0x0E, bytes.fromhex),
    "guid": (0x0F, lambda text: UUID(text).bytes_le),
    "sizet": (0x10, lambda text: struct.pack("<Q", int(text, 0))),
    "filetime": (0x11, _time),
    "systemtime": (0x12, _system_time),
    "sid": (0x13, _sid),
    "strings": (0x81, _strings),  # one a line
    "numbers": (0x88, _numbers),  # uint32, one a line
}
