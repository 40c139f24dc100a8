"""Event records as other programs export them: JSON in several shapes, and XML.

What a record of a log says comes out the same, whichever program exported it, as far as the export has it.
"""

from collections.abc import Iterator
from enum import StrEnum
from io import BytesIO
from typing import BinaryIO

from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.parsers.exports import json_values, xml_events
from iisight.parsers.exports.one_line import event_of_line
from iisight.parsers.exports.shapes import event_in
from iisight.parsers.exports.window import Window, encoding_of

VERSION = 1
HEAD = 64 * 1024  # bytes from the start that tell the format

_JSON_STARTS = ("{", "[", "Record ")
_SCHEMA = "schemas.microsoft.com/win/2004/08/events/event"


class Format(StrEnum):
    """How an export is written."""

    JSON = "json"
    XML = "xml"


def recognise(head: bytes) -> Format | None:
    """Return the format of an export of events by its first HEAD bytes, None for any other file."""
    form = _format(head)
    if form is None:
        return None
    if any(isinstance(found, Event) for found in _events(Window(BytesIO(), head), Locator(""), form)):
        return form
    mark, encoding = encoding_of(head)
    text = head[len(mark) :].decode(encoding, "ignore")
    if form is Format.XML:
        return form if _SCHEMA in text else None  # its records cannot be read, which is told
    if len(head) < HEAD:
        return None
    return (
        form if '"EventID"' in text or '"winlog"' in text or '"EventCode"' in text else None
    )  # one record may be longer


def events(stream: BinaryIO, locator: Locator) -> Iterator[Event | Lost]:
    """Yield the records of an export in their order, each with its line; what cannot be read is `Lost` and told where.

    What the stream itself raises comes through; nothing else does.
    """
    head = stream.read(HEAD)
    yield from _events(Window(stream, head), locator, _format(head) or Format.JSON)


def _format(head: bytes) -> Format | None:
    mark, encoding = encoding_of(head)
    text = head[len(mark) :].decode(encoding, "ignore").lstrip("\ufeff \t\r\n\0")
    if text.startswith("<"):
        return Format.XML
    return Format.JSON if text.startswith(_JSON_STARTS) else None


def _events(window: Window, locator: Locator, form: Format) -> Iterator[Event | Lost]:
    read = xml_events.values if form is Format.XML else json_values.values
    is_recovering = False  # what is found inside of a record that cannot be read is no loss of its own
    for line, value in read(window):
        place = Locator(locator.path, line, origin=locator.origin)
        event = event_in(value, place) if isinstance(value, dict) else None
        if event is not None:
            yield event
        elif not is_recovering:
            yield Lost(place, value if isinstance(value, str) else "no record of an event log")
        is_recovering = event is None and (is_recovering or isinstance(value, str))


__all__ = ["HEAD", "VERSION", "Format", "event_of_line", "events", "recognise"]
