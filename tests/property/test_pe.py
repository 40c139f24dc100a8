"""Whatever the bytes, the PE reader ends within its bounds and raises nothing but ParseError."""

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.parsers.pe.clr import assembly_facts
from iisight.workbench.pe import PeSpec, build
from tests.fuzz.fuzz_pe import fuzz_one, seeds

SEEDS = seeds()
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF)

mutations = st.lists(
    st.tuples(st.integers(0, 4096), st.one_of(st.sampled_from(EXTREMES), st.integers(0, 255))), max_size=24
)
words = st.text(st.characters(codec="ascii", categories=("Lu", "Ll", "Nd")), min_size=1, max_size=20)
names = st.lists(words, max_size=8, unique=True).map(tuple)
full_names = st.tuples(words, words).map(".".join)
types = st.lists(
    st.tuples(full_names, full_names, st.lists(full_names, max_size=3, unique=True).map(tuple)),
    max_size=4,
    unique_by=lambda facts: facts[0],
).map(tuple)


def mutate(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for at, value in changes:
        changed[at % len(changed)] = value
    return bytes(changed)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEEDS), mutations)
def test_changed_bytes_raise_nothing_but_parse_error(seed: bytes, changes: list[tuple[int, int]]) -> None:
    fuzz_one(mutate(seed, changes))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 4096))
def test_cut_files_raise_nothing_but_parse_error(seed: bytes, size: int) -> None:
    fuzz_one(seed[:size])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=512))
def test_noise_behind_a_sound_start_raises_nothing_but_parse_error(noise: bytes) -> None:
    fuzz_one(SEEDS[0][:0x98] + noise)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(("x86", "x64", "arm64")), names, st.dictionaries(words, names, max_size=4))
def test_names_come_back_as_they_were_built(
    machine: str, exports: tuple[str, ...], imports: dict[str, tuple[str, ...]]
) -> None:
    data = build(PeSpec(machine=machine, exports=exports, imports=imports))
    image = pe.parse(data, Locator("built"))
    read = (tuple(e.name for e in image.exports), dict(image.imports), image.notes)
    assert read == (exports, imports, ())


@settings(max_examples=60, deadline=None)
@given(types, st.lists(full_names, max_size=3))
def test_types_come_back_as_they_were_built(
    defined: tuple[tuple[str, str, tuple[str, ...]], ...], attributes: list[str]
) -> None:
    spec = PeSpec(managed=True, assembly="A", types=defined, assembly_attributes=tuple(attributes))
    facts = assembly_facts(build(spec))
    assert facts is not None
    assert {(t.name, t.base, frozenset(t.interfaces)) for t in facts.types} == {
        (name, base, frozenset(interfaces)) for name, base, interfaces in defined
    }
    assert facts.assembly_attributes == tuple(sorted(set(attributes)))
