"""Whatever the bytes, the reader of hives ends within its bounds and raises nothing but ParseError."""

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.registry import Data
from iisight.parsers.registry import Hive, HiveRegistry
from iisight.workbench.hives import write
from tests.builders.registry import SYSTEM
from tests.fuzz.fuzz_registry import fuzz_one, seeds

SEEDS = seeds()
changes = st.lists(st.tuples(st.integers(0, 0x3000), st.integers(0, 255)), max_size=24)
texts = st.text(st.characters(codec="utf-16-le", exclude_characters="\0"), max_size=40)
names = st.text(st.characters(codec="utf-16-le", exclude_characters="\\\0"), min_size=1, max_size=20)
data = st.one_of(
    st.integers(0, 2**32 - 1), texts, st.binary(max_size=60), st.lists(texts.filter(bool), max_size=5).map(tuple)
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEEDS), changes)
def test_changed_bytes_raise_nothing_but_parse_error(seed: bytes, places: list[tuple[int, int]]) -> None:
    copy = bytearray(seed)
    for at, value in places:
        copy[at % len(copy)] = value
    fuzz_one(bytes(copy))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 0x3000))
def test_cut_hives_raise_nothing_but_parse_error(seed: bytes, size: int) -> None:
    fuzz_one(seed[:size])


@settings(max_examples=150, deadline=None)
@given(names, st.dictionaries(names, data, max_size=6), st.sampled_from([b"lh", b"lf", b"li", b"ri"]))
def test_what_was_written_is_read(name: str, values: dict[str, Data], kind: bytes) -> None:
    values = {key: value for key, value in values.items() if key != "SymbolicLinkValue"}
    found = HiveRegistry({r"HKLM\SYSTEM": Hive(write({name: values}, kind=kind), SYSTEM)})
    key = found.key(f"HKLM\\SYSTEM\\{name}")

    assert key is not None
    assert {v.name: v.data for v in key.values} == values
