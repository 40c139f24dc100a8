"""Whatever the code, what follows it ends within its bounds and raises nothing but ParseError."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.examine.native import examine_native, follow
from iisight.examine.native.interpreter import MAX_STEPS, Interpreter
from iisight.examine.native.space import Space
from iisight.examine.native.state import State
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.parsers.pe.headers import read_headers
from iisight.workbench.pe import PeSpec, build

STUBS = sorted((Path(__file__).parents[1] / "stubs" / "native" / "built").glob("*.dll"))
ENTRY = 0x1000
CODE_AT = build(PeSpec(exports=("RegisterModule",))).index(bytes.fromhex("31c0c3"))

mutations = st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 255)), min_size=1, max_size=24)
machines = st.sampled_from(["x86", "x64"])
functions = st.sampled_from(["RegisterModule", "GetFilterVersion"])


def with_code(machine: str, code: bytes) -> Space:
    """Return an image whose only function has this code."""
    data = bytearray(build(PeSpec(machine=machine, exports=("RegisterModule",))))
    at = data.index(bytes.fromhex("31c0c3"))
    data[at : at + len(code)] = code[:0x200]
    return Space(read_headers(bytes(data), Locator("")))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(STUBS), mutations)
def test_changed_bytes_of_stubs_raise_nothing_but_parse_error(stub: Path, changes: list[tuple[int, int]]) -> None:
    data = bytearray(stub.read_bytes())
    for at, value in changes:
        data[at % len(data)] = value
    try:
        image = pe.parse(bytes(data), Locator(""))
    except ParseError:
        return
    examine_native(bytes(data), image)


@settings(max_examples=150, deadline=None)
@given(machines, functions, st.binary(min_size=16, max_size=256))
def test_any_bytes_can_be_followed(machine: str, function: str, code: bytes) -> None:
    space = with_code(machine, code)

    follow(space, function, space.base + ENTRY)


@settings(max_examples=40, deadline=None)
@given(
    machines,
    st.lists(st.sampled_from(["7502", "7400", "ebfe", "e8f6ffffff", "50", "58", "ffd0", "ff10", "f3ab"]), max_size=60),
)
def test_the_budget_holds_whatever_the_jumps(machine: str, parts: list[str]) -> None:
    interpreter = Interpreter(with_code(machine, bytes.fromhex("".join(parts))))

    interpreter.run(interpreter.space.base + ENTRY, State())

    assert interpreter.spent <= MAX_STEPS + 1
