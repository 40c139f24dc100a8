"""Whatever the bytes, the readers of rights end within their bounds; no deny is ever turned into a right."""

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.acl import Trustee, granted
from iisight.model.locator import Locator
from iisight.parsers.acl import parse_sddl
from tests.fuzz.fuzz_acl import fuzz_one, seeds

ALIASES = {"WD": "S-1-1-0", "BU": "S-1-5-32-545", "IS": "S-1-5-32-568"}
WHO = tuple(Trustee(sid) for sid in ALIASES.values())
aces = st.lists(st.tuples(st.sampled_from("AD"), st.integers(0, 0xFF), st.sampled_from(sorted(ALIASES))), max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(seeds()), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=20))
def test_changed_bytes_raise_nothing(seed: bytes, places: list[tuple[int, int]]) -> None:
    copy = bytearray(seed)
    for at, value in places:
        copy[at % len(copy)] = value
    fuzz_one(bytes(copy))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_raises_nothing(text: str) -> None:
    fuzz_one(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=200, deadline=None)
@given(aces)
def test_each_bit_is_decided_by_the_first_entry_that_has_it(listed: list[tuple[str, int, str]]) -> None:
    text = "".join(f"({kind};;{mask:#x};;;{alias})" for kind, mask, alias in listed)
    held = granted(parse_sddl(f"D:{text}", "C:\\x", Locator("x")), WHO)

    for bit in (1 << n for n in range(8)):
        first = next((kind for kind, mask, _ in listed if mask & bit), "D")
        assert bool(held & bit) is (first == "A")
