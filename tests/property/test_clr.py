"""Whatever the bytes, the close look at an assembly ends within its bounds, and what is built comes back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.parsers.pe.clr import examine_assembly
from iisight.workbench.pe import PeSpec, build
from tests.fuzz.fuzz_clr import seeds

SEEDS = seeds()
words = st.text(st.characters(codec="ascii", categories=("Lu", "Ll")), min_size=1, max_size=20)
mutations = st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), max_size=24)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEEDS), mutations)
def test_changed_bytes_raise_nothing(seed: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(seed)
    for at, value in changes:
        changed[at % len(changed)] = value
    examine_assembly(bytes(changed))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 8192))
def test_cut_files_raise_nothing(seed: bytes, size: int) -> None:
    examine_assembly(seed[:size])


@settings(max_examples=60, deadline=None)
@given(st.lists(words, min_size=1, max_size=40, unique=True))
def test_events_come_back_as_they_were_built(events: list[str]) -> None:
    module = ("A.B", "System.Object", ("System.Web.IHttpModule",))
    spec = PeSpec(managed=True, assembly="A", types=(module,), subscribes=(f"A.B: {', '.join(events)}",))
    _, subscriptions, _, notes = examine_assembly(build(spec))
    assert ([(s.event, s.method) for s in subscriptions], notes) == ([(e, f"A.B::On{e}") for e in events], ())
