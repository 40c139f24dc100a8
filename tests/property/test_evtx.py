"""Whatever the bytes, the reader of event logs ends within its bounds, loses no count and raises nothing else."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers import evtx
from iisight.workbench.evtx import Record, write
from tests.builders.logs import START, plain_events
from tests.fuzz.fuzz_evtx import fuzz_one, seeds

SEEDS = seeds()
PLACE = Locator("x.evtx")
LOG = write(plain_events(40, size=20))
RECORDS = evtx.headers(next(evtx.chunks(io.BytesIO(LOG), PLACE)))

changes = st.lists(st.tuples(st.integers(0, 0x4000), st.integers(0, 255)), max_size=24)
texts = st.text(st.characters(codec="utf-16-le", exclude_characters="\0"), max_size=40)
names = st.text(st.characters(codec="ascii", categories=("Lu", "Ll")), min_size=1, max_size=12).filter(
    lambda name: name not in ("Data", "Binary")
)
numbers = st.integers(0, 2**32 - 1)


def changed(data: bytes, places: list[tuple[int, int]]) -> bytes:
    copy = bytearray(data)
    for at, value in places:
        copy[at % len(copy)] = value
    return bytes(copy)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEEDS), changes)
def test_changed_bytes_raise_nothing_but_parse_error(seed: bytes, places: list[tuple[int, int]]) -> None:
    fuzz_one(changed(seed, places))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 0x3000))
def test_cut_logs_raise_nothing_but_parse_error(seed: bytes, size: int) -> None:
    fuzz_one(seed[:size])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(RECORDS[0].offset, RECORDS[-1].offset), st.integers(0, 255)), max_size=12))
def test_records_and_lost_ones_are_as_many_as_the_chunk_header_says(places: list[tuple[int, int]]) -> None:
    """The header is sound, so that what it says holds, however its records are damaged."""
    damaged = LOG[:0x1000] + changed_behind(LOG[0x1000:], places)
    (chunk,) = evtx.chunks(io.BytesIO(damaged), PLACE)
    found = list(evtx.events(chunk, PLACE))
    read = sum(isinstance(item, Event) for item in found)
    assert read + sum(item.count for item in found if not isinstance(item, Event)) >= 40


def changed_behind(chunk: bytes, places: list[tuple[int, int]]) -> bytes:
    copy = bytearray(chunk)
    for at, value in places:
        copy[at] = value
    return bytes(copy)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(names, st.one_of(texts, numbers), max_size=6), min_size=1, max_size=12))
def test_fields_come_back_as_they_were_written(rows: list[dict[str, str | int]]) -> None:
    records = [
        Record(
            Event("P", "C", 1, START, fields={name: str(value) for name, value in row.items()}),
            {name: "uint32" for name, value in row.items() if isinstance(value, int)},
        )
        for row in rows
    ]
    (chunk,) = evtx.chunks(io.BytesIO(write(records)), PLACE)
    read = [dict(item.fields) for item in evtx.events(chunk, PLACE) if isinstance(item, Event)]
    assert read == [dict(record.event.fields) for record in records]
