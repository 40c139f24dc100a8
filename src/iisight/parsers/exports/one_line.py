"""One line that holds one record, as forwarders append them to a file: JSON or XML, in any shape an export may have."""

import json

from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.parsers.exports.shapes import Tree, event_in
from iisight.parsers.exports.xml_events import tree_of

_AROUND = " \t\r\n\0\x1e\ufeff,[]"  # of an array with a record a line, and of text sequences (RFC 7464)
_NONE = "no record of an event log"
_DECODER = json.JSONDecoder(strict=False)


def event_of_line(line: bytes, place: Locator) -> Event | Lost | None:
    """Return the record of a line of UTF-8, why there is none, or None when the line is blank."""
    text = line.decode("utf-8", "replace").strip(_AROUND)
    if not text:
        return None
    tree = tree_of(text) if text.startswith("<") else _object(text)
    if isinstance(tree, str):
        return Lost(place, tree)
    event = event_in(tree, place)
    return Lost(place, _NONE) if event is None else event


def _object(text: str) -> Tree | str:
    from msgspec import MsgspecError
    from msgspec.json import decode

    if not text.startswith("{"):
        return _NONE
    try:
        value = decode(text)
    except (MsgspecError, RecursionError, ValueError):
        value = _lenient(text)
    return value if isinstance(value, dict | str) else _NONE


def _lenient(text: str) -> object:
    """Read what msgspec refuses and programs write all the same: raw control characters, halves of surrogate pairs."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return f"JSON: {error.msg}"
    except (ValueError, RecursionError):
        return "JSON: too deep, or a number too long"
