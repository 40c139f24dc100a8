"""What is known at one point of one path: registers, memory, flags, and the calls made so far."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from iisight.examine.native.values import UNKNOWN, Value, cut, join, unsure

STACK = "sp"
Place = tuple[str | None, int]  # base and number of an address
Cell = tuple[Value, int]  # a value, and which byte of it lies here


class Asked(NamedTuple):
    """One call of a method of the watched object, or one write to it."""

    slot: int
    address: int
    mask: Value
    post: Value
    text: str | None  # priority


class Compared(NamedTuple):
    """What the flags were set from: `left` - `right`, or the result alone."""

    left: Value
    right: Value
    result: Value
    size: int
    kind: str  # `cmp`, `test`, `other`
    assumed: tuple[tuple[str, bool], ...] = ()  # conditions that this path took to hold, or not to


Calls = dict[Hashable, frozenset[Asked]]


@dataclass(slots=True)
class State:
    """Changed as a path goes on; copied where paths part."""

    registers: dict[str, Value] = field(default_factory=dict)
    memory: dict[Place, Cell] = field(default_factory=dict)
    calls: Calls = field(default_factory=dict)
    compared: Compared | None = None
    choice: object = None  # the last Choice of the path; of no part in whether two states are the same

    def copy(self) -> "State":
        """Return a state of its own for another path."""
        return State(dict(self.registers), dict(self.memory), dict(self.calls), self.compared, self.choice)

    def same(self, other: "State") -> bool:
        """Tell whether both know the same."""
        return (
            self.registers == other.registers
            and self.memory == other.memory
            and self.calls == other.calls
            and self.compared == other.compared
        )

    def load(self, place: Place, size: int) -> Value | None:
        """Return what was stored at a place; None when a byte of it never was."""
        base, number = place
        first = self.memory.get(place)
        if first is None:
            return None
        cells = [first]
        for index in range(1, size):
            cell = self.memory.get((base, number + index))
            if cell is None:
                return None
            cells.append(cell)
        value, start = first
        if all(cell == (value, start + index) for index, cell in enumerate(cells)):
            if value.base is not None:
                return value if start == 0 else unsure(value)
            return cut(Value(None, value.number >> 8 * start, value.maybe >> 8 * start), size)
        return _assemble(cells)

    def span(self, place: Place, size: int) -> list[Cell]:
        """Return the bytes that were stored among those of a place."""
        found = (self.memory.get((place[0], place[1] + index)) for index in range(size))
        return [cell for cell in found if cell is not None]

    def store(self, place: Place, size: int, value: Value) -> None:
        """Put a value at a place."""
        base, number = place
        for index in range(size):
            self.memory[base, number + index] = (value, index)

    def forget(self, gone: Callable[[Place, Value], bool]) -> None:
        """Drop what is known of the memory that `gone` names."""
        for place, (value, index) in list(self.memory.items()):
            if value is not UNKNOWN and gone(place, value):
                # The cell stays, as one whose content is not known: it must not look as if never written.
                self.memory[place] = (unsure(value), index)

    def drop_below(self, number: int) -> None:
        """Drop the stack frames that were left."""
        for place in [p for p in self.memory if p[0] == STACK and p[1] < number]:
            del self.memory[place]


def merge(left: State, right: State) -> State:
    """Return what holds on both paths. What one path alone knows is not known."""
    names = left.registers.keys() & right.registers.keys()
    registers = {name: join(left.registers[name], right.registers[name]) for name in names}
    for one, other in ((left, right), (right, left)):
        for name in one.registers.keys() - other.registers.keys():
            registers[name] = unsure(one.registers[name])
    return State(
        registers=registers,
        memory=_merge_memory(left.memory, right.memory),
        calls=merge_calls(left.calls, right.calls),
        compared=left.compared if left.compared == right.compared else None,
    )


def merge_calls(left: Calls, right: Calls) -> Calls:
    """Return the calls of two paths: where both make one with other arguments, what the arguments share.

    A path that made more calls at one place, in a loop, stands for one that left the loop before.
    """
    merged = {**left, **right}
    for key in left.keys() & right.keys():
        if right[key] < left[key]:
            merged[key] = left[key]
        elif not left[key] <= right[key]:
            merged[key] = frozenset({_share(left[key] | right[key])})
    return merged


def _share(asked: frozenset[Asked]) -> Asked:
    """Return one call that stands for several."""
    first, *others = sorted(asked, key=repr)
    for other in others:
        text = first.text if first.text == other.text else None
        post = join(first.post, other.post)
        first = Asked(first.slot, first.address, join(first.mask, other.mask), post, text)
    return first


def _merge_memory(left: dict[Place, Cell], right: dict[Place, Cell]) -> dict[Place, Cell]:
    """Merge cell by cell."""
    merged: dict[Place, Cell] = {}
    for place, (value, index) in left.items():
        other, other_index = right.get(place, (UNKNOWN, index))
        if index == other_index:
            merged[place] = (join(value, other), index)
        else:
            merged[place] = (unsure(value, other), 0)
    for place in right.keys() - left.keys():
        value, index = right[place]
        merged[place] = (unsure(value), index)
    return merged


def _assemble(cells: list[Cell]) -> Value:
    """Put a value together from bytes of others."""
    if any(value.base is not None for value, _ in cells):
        return unsure(*(value for value, _ in cells))
    number = maybe = 0
    for position, (value, index) in enumerate(cells):
        number |= (value.number >> 8 * index & 0xFF) << 8 * position
        maybe |= (value.maybe >> 8 * index & 0xFF) << 8 * position
    return Value(None, number, maybe)
