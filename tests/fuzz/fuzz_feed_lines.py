"""Fuzz target of lines as a forwarder appends them; any coverage-guided runner can call `fuzz_one`."""

import json

from iisight.model.event import Event
from iisight.model.need import any_of, literal
from iisight.telemetry.lines import LineFilter
from iisight.watch.feeds.feed import every_line
from iisight.watch.feeds.ledger import Ledger
from iisight.watch.feeds.records import Records
from iisight.watch.feeds.splitting import Line, Splitter
from iisight.watch.spool import encoded
from tests.fuzz import fuzz_exports

_FILTER = LineFilter([literal("appcmd"), any_of("inetsrv\\config", "w3wp")])


def fuzz_one(data: bytes) -> None:
    """Split the bytes in two ways and read the lines: both tell the same, and what is not chosen holds no literal."""
    lines = _lines(data, len(data) or 1)
    assert lines == _lines(data, 7 if len(data) < 4096 else 1021), data
    found = Records(every_line, Ledger()).read(lines, "fuzz")
    chosen = _FILTER.choose([line.text for line in lines])
    offsets = {line.offset for line, is_chosen in zip(lines, chosen, strict=True) if is_chosen}
    for event in found:
        assert isinstance(event, Event)
        encoded(event)
        held = "\n".join(event.fields.values()).lower()
        assert event.locator.offset in offsets or not ("appcmd" in held or "inetsrv\\config" in held), event


def _lines(data: bytes, size: int) -> list[Line]:
    splitter, found = Splitter(), list[Line]()
    for at in range(0, len(data), size):
        splitter.add(data[at : at + size])
        found += splitter.take(len(data) + 1)
    found += splitter.take(len(data) + 1, is_end=True)
    assert splitter.offset == len(data), data
    return found


def seeds() -> list[bytes]:
    """Return the lines of exports, and such with what is sought."""
    event = {"winlog": {"event_id": 1, "event_data": {"a": 'C:\\Windows\\inetsrv\\config\\x & "appcmd"'}}}
    line = json.dumps(event).encode()
    return [*fuzz_exports.seeds(), line + b"\n" + line.replace(b"&", b"\\u0026"), b"\xff\xfe\n\0", b"\n" * 9]


def tokens() -> list[bytes]:
    """Return what breaks lines and spells characters."""
    more = (
        b"\n\0",
        b"\0\n",
        b"\\u0061",
        b"\\\\u0061",
        b"&quot;",
        b"&#97;",
        b"appcmd",
        b"\\/",
        b"\r\n",
        b"\xef\xbb\xbf",
    )
    return [*fuzz_exports.tokens(), *more]
