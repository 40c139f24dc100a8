"""Files that are read as a whole: event logs of Windows, JSON in an array or over many lines, XML; packed or not."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, cast

from iisight.evidence.stream import decompressed, form_of
from iisight.model.errors import EvidenceError
from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.parsers import evtx, exports
from iisight.telemetry.kinds import kind_of
from iisight.watch.feeds.opening import open_shared
from iisight.watch.feeds.splitting import Splitter


class Form(StrEnum):
    """How a file is read."""

    LINES = "lines"  # a record a line: as it grows
    WHOLE = "whole"  # when it does not change any more


def form_of_file(path: Path) -> Form:
    """Return how a file is read, by its first line. Raises OSError."""
    with open_shared(path) as file:
        head = file.read(exports.HEAD) or b""
    splitter = Splitter()
    splitter.add(head)
    first = next((line for line in splitter.take(16) if line.text), None)
    is_record = first is not None and isinstance(exports.event_of_line(first.text, Locator("")), Event)
    return Form.LINES if is_record else Form.WHOLE


def records_of(path: Path) -> Iterator[Event | Lost]:
    """Yield the records of a file. Raises OSError, EvidenceError and ParseError; the first for what is no event log."""
    with open_shared(path) as file:
        stream = cast(BinaryIO, file)
        head = stream.read(exports.HEAD)
        stream.seek(0)
        form = form_of(head)
        if form is not None:
            stream = decompressed(stream, form, path.name)
            head = stream.read(exports.HEAD)
            stream.close()
            stream = decompressed(cast(BinaryIO, open_shared(path)), form, path.name)
        with stream:
            yield from _records(stream, head, Locator(str(path)))


def _records(stream: BinaryIO, head: bytes, place: Locator) -> Iterator[Event | Lost]:
    if evtx.is_evtx(head):
        for chunk in evtx.all_chunks(stream, place):
            yield from evtx.events(chunk, place)
    elif exports.recognise(head) is not None:
        yield from exports.events(stream, place)
    else:
        raise EvidenceError(kind_of(head))
