"""A number that a branch showed to be small is tried with each of its values: that is how a `switch` is followed."""

from typing import NamedTuple

from iisight.examine.native.state import Cell, State
from iisight.examine.native.values import Value, constant

MAX_VALUES = 128

_BELOW = {("a", False): 1, ("be", True): 1, ("ae", False): 0, ("b", True): 0}


class Choice(NamedTuple):
    """Where a path was when its symbol was shown to have one of `numbers`."""

    address: int
    state: State
    symbol: str
    numbers: range


def find_choice(state: State, condition: str, *, holds: bool, address: int) -> Choice | None:
    """Return what a condition that holds, or does not, says of the symbol that was compared."""
    compared = state.compared
    if compared is None or compared.kind != "cmp" or not compared.right.is_constant:
        return None
    left = compared.left
    more = _BELOW.get((condition, holds))
    if more is None or left.base is None or "@" in left.base or not left.is_exact:
        return None
    count = compared.right.number + more
    if not 0 < count <= MAX_VALUES:
        return None
    return Choice(address, state.copy(), left.base, range(-left.number, count - left.number))


def tried(choice: Choice) -> list[State]:
    """Return the states in which the symbol has each of its values."""
    return [_with(choice.state, choice.symbol, number) for number in choice.numbers]


def _with(state: State, symbol: str, number: int) -> State:
    """Return the state with a number in the place of a symbol."""

    def put(value: Value) -> Value:
        return constant(value.number + number) if value.base == symbol and value.is_exact else value

    def put_cell(cell: Cell) -> Cell:
        return put(cell[0]), cell[1]

    copy = state.copy()
    copy.registers = {name: put(value) for name, value in state.registers.items()}
    copy.memory = {place: put_cell(cell) for place, cell in state.memory.items()}
    copy.compared = copy.choice = None
    return copy
