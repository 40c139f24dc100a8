"""Fuzz target of the reader of event logs; any coverage-guided runner can call `fuzz_one`."""

import io

from iisight.model.errors import ParseError
from iisight.model.event import Lost
from iisight.model.locator import Locator
from iisight.parsers import evtx
from iisight.workbench.evtx import write
from iisight.workbench.evtx_damage import with_slack
from tests.builders.logs import odd_records, plain_events, typed_record

PLACE = Locator("fuzz")
_LITERALS = ("system.webserver", "contoso", "va")


def fuzz_one(data: bytes) -> None:
    """Read the bytes as a log; only ParseError may come of it, and every record that is there must be told."""
    evtx.file_header(data)
    file = io.BytesIO(data)
    assert list(evtx.places(file)) == [evtx.Place(c.number, c.offset, len(c.data)) for c in _chunks(data)]
    for chunk in _chunks(data):
        found = list(evtx.events(chunk, PLACE))
        walked = len(evtx.headers(chunk))
        at_records = [item for item in found if not isinstance(item, Lost) or item.locator.record is not None]
        assert len(at_records) == walked
        list(evtx.residue(chunk, _LITERALS, PLACE))
        assert len(evtx.slack(chunk)) <= len(chunk.data)


def _chunks(data: bytes) -> list[evtx.Chunk]:
    try:
        return list(evtx.chunks(io.BytesIO(data), PLACE))
    except ParseError:
        return []


def takes(data: bytes) -> bool:
    """Tell whether a real file is an event log."""
    return evtx.is_evtx(data)


def seeds() -> list[bytes]:
    """Return small logs, cut where their chunk is empty."""
    small = [
        write([typed_record(), *odd_records()]),
        write(plain_events(3)),
        with_slack(write(plain_events(1)), b"va" * 9),
    ]
    return [log.rstrip(b"\0") for log in small] + [small[1][0x1000:].rstrip(b"\0"), small[1][0x11F0:].rstrip(b"\0")]


def tokens() -> list[bytes]:
    """Return pieces that mean something in a log."""
    return [
        b"ElfFile\0",
        b"ElfChnk\0",
        b"**\0\0",
        b"\x0f\x01\x01\0\x0c\x01",
        b"\x0e\0\0\x21",
        b"\x01\xff\xff",
        b"\x06\x81",
    ]
