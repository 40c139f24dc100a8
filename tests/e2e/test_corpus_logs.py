"""Real event logs, when there are some: `IISIGHT_CORPUS` names the folder around `evtx`."""

import os
from pathlib import Path

import pytest

from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.parsers import evtx
from iisight.parsers.record import event_of
from iisight.parsers.record_json import tree_of_json

_ROOT = Path(os.environ.get("IISIGHT_CORPUS", ""), "evtx")
FILES = sorted(_ROOT.rglob("*.evtx")) if os.environ.get("IISIGHT_CORPUS") else []

pytestmark = pytest.mark.skipif(not FILES, reason="IISIGHT_CORPUS is not set")


def _read(path: Path) -> list[Event | Lost]:
    place = Locator(path.name)
    with path.open("rb") as stream:
        return [item for chunk in evtx.chunks(stream, place) for item in evtx.events(chunk, place)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_record_is_read_as_the_library_has_it(path: Path) -> None:
    from evtx import PyEvtxParser

    plain = [tree_of_json(str(item["data"])) for item in PyEvtxParser(str(path)).records_json() if item]
    found = [item for item in _read(path) if isinstance(item, Event)]
    expected = [event_of(tree["Event"], Locator("")) for tree in plain if isinstance(tree, dict)]
    assert [_facts(event) for event in found] == [_facts(event) for event in expected]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_records_and_lost_ones_are_as_many_as_the_chunk_headers_say(path: Path) -> None:
    with path.open("rb") as stream:
        chunks = list(evtx.chunks(stream, Locator(path.name)))
    for chunk in chunks:
        header = evtx.header_of(chunk)
        if header is not None and header.sound:
            found = list(evtx.events(chunk, Locator(path.name)))
            assert sum(1 if isinstance(item, Event) else item.count for item in found) == header.count


def _facts(event: Event) -> tuple[object, ...]:
    return (
        event.provider,
        event.channel,
        event.id,
        event.time,
        event.computer,
        event.record,
        event.user,
        event.process,
        list(event.fields.items()),
    )
