"""Whatever the bytes, the anatomy ends within its bounds and raises nothing but ParseError."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.errors import ParseError
from iisight.model.examination import Anatomy
from iisight.model.locator import Locator
from iisight.parsers.pe.anatomy import read_anatomy
from iisight.parsers.pe.headers import MAX_SECTIONS
from iisight.parsers.pe.loading import MAX_CALLBACKS
from iisight.parsers.pe.resources import MAX_RESOURCES
from tests.builders import pe_parts as parts
from tests.builders.pe_parts import BASE, CODE, Sample, checksum, directory_at, patch
from tests.fuzz.fuzz_pe import seeds

AT = Locator("any")
MAX_TEXT = 1024


def everything() -> bytes:
    """Return a small file that has each part."""
    sample = Sample(stamp=1_600_000_000)
    records = [(1_600_000_000, 2, b"RSDS" + bytes(20) + b"a.pdb\0"), (1_600_000_000, 16, b"")]
    sample.put(6, parts.debug_directory(sample, records))
    callbacks = sample.data.put(struct.pack("<3Q", BASE + CODE, BASE + CODE, 0), 8)
    sample.put(9, struct.pack("<4QII", 0, 0, 0, BASE + callbacks, 0, 0))
    sample.put(10, struct.pack("<II136xI", 0x94, 0, 0x100))
    parts.put_resources(sample, {"A": {"B": b"PK\3\4"}, 16: {1: b"abc"}})
    data = sample.build()
    return patch(data, directory_at(4), "<II", len(data), 8) + b"signed!!" + b"appended"


SEEDS = [everything(), *seeds()]
numbers = st.one_of(st.sampled_from((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)), st.integers(0, 0xFFFF))
changes = st.lists(st.tuples(st.integers(0, 0xFFFF), numbers), max_size=16)


def anatomy_of(data: bytes) -> Anatomy | None:
    try:
        return read_anatomy(data, AT)[0]
    except ParseError:
        return None


def changed(data: bytes, places: list[tuple[int, int]]) -> bytes:
    for at, value in places:
        data = patch(data, at % (len(data) - 4), "<I", value)
    return data


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), changes)
def test_changed_numbers_raise_nothing_but_parse_error(seed: bytes, places: list[tuple[int, int]]) -> None:
    anatomy_of(changed(seed, places))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 0x2000))
def test_cut_files_raise_nothing_but_parse_error(seed: bytes, size: int) -> None:
    anatomy_of(seed[:size])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=0x400))
def test_noise_for_tables_raises_nothing_but_parse_error(noise: bytes) -> None:
    sample = Sample()
    for directory in (0, 1, 2, 6, 9, 10):
        sample.put(directory, noise)
    assert anatomy_of(sample.build()) is not None


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEEDS), changes)
def test_what_is_kept_is_bounded(seed: bytes, places: list[tuple[int, int]]) -> None:
    data = changed(seed, places)
    found = anatomy_of(data) or Anatomy()
    assert len(found.sections) <= MAX_SECTIONS
    assert len(found.resources) <= MAX_RESOURCES
    assert found.tls_callbacks <= MAX_CALLBACKS
    assert len(found.pdb) <= MAX_TEXT
    assert found.overlay is None or 0 <= sum(found.overlay) <= len(data)
    assert all(0 <= section.entropy <= 8 for section in found.sections)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_a_checksum_added_word_by_word_fits(tail: bytes) -> None:
    data = Sample().build() + tail
    found = anatomy_of(patch(data, parts.OPTIONAL + 64, "<I", checksum(data)))
    assert found is not None
    assert found.checksum_fits is True
