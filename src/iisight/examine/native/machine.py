"""Operands, read and written in a state."""

from iisight.examine.native.operands import Immediate, Memory, Operand, Register
from iisight.examine.native.space import Space
from iisight.examine.native.state import STACK, Asked, State
from iisight.examine.native.values import (
    UNKNOWN,
    WIDE,
    Value,
    add,
    constant,
    cut,
    either,
    is_watched,
    known_bits,
    shift,
    unsure,
)

INFO, SERVER, VERSION = "info@", "server", "version@"
"""The arguments that matter. What is derived from a symbol with `@` is never lost sight of."""
FLAGS_AT = 0x10C  # HTTP_FILTER_VERSION.dwFlags: two numbers and 257 characters before it, aligned (httpfilt.h)
FLAGS = "flags"  # key of the write to it among a state's calls
TOP = 1 << 30  # number of the stack pointer at the entry


class Machine:
    """How one processor reads and writes."""

    def __init__(self, space: Space) -> None:
        """Take the word size of the image."""
        self.space = space
        self.word = space.word
        self.mask = (1 << 8 * self.word) - 1
        self.touched = 0  # bytes of memory handled beyond what an instruction usually does

    def size(self, operand: Operand) -> int:
        """Return the size of an operand in bytes."""
        return self.word if isinstance(operand, Immediate) else operand.size or self.word

    def read(self, state: State, operand: Operand, end: int = 0) -> Value:
        """Return the value of an operand; `end` is the address behind its instruction."""
        if isinstance(operand, Immediate):
            return constant(operand.number & self.mask)
        if isinstance(operand, Memory):
            if operand.segment in ("fs", "gs"):
                return UNKNOWN
            return self.load(state, self.address(state, operand, end), operand.size or self.word)
        value = state.registers.get(operand.name, UNKNOWN)
        if operand.size >= self.word:
            return value
        return cut(shift(value, -operand.low, self.mask) if operand.low else value, operand.size)

    def write(self, state: State, operand: Operand, value: Value, step: tuple[int, int]) -> None:
        """Put a value into an operand of the instruction at `step`: its address, and that behind it."""
        if isinstance(operand, Memory):
            if operand.segment not in ("fs", "gs"):
                self.store(state, self.address(state, operand, step[1]), operand.size or self.word, value, step[0])
        elif isinstance(operand, Register):
            self._write_register(state, operand, value)

    def _write_register(self, state: State, register: Register, value: Value) -> None:
        """Put a value into a register: 32 bits clear the upper half, fewer leave the rest."""
        if register.size >= 4:
            narrow = register.size == 4 < self.word and (value.base == STACK or is_watched(value))
            state.registers[register.name] = unsure(value) if narrow else cut(value, min(register.size, self.word))
            return
        bits = (1 << 8 * register.size) - 1 << register.low
        old = state.registers.get(register.name, UNKNOWN)
        old, value = (known_bits(one) for one in (old, value))
        if old.base is not None or value.base is not None:
            state.registers[register.name] = unsure(old, value)
            return
        part = shift(cut(value, register.size), register.low, WIDE)
        kept = Value(None, old.number & ~bits, old.maybe & ~bits)
        state.registers[register.name] = either(kept, part)

    def address(self, state: State, place: Memory, end: int) -> Value:
        """Return the address a memory operand means."""
        if place.base in ("rip", "eip"):
            return constant(end + place.displacement)
        value = constant(place.displacement & self.mask)
        if place.base:
            value = add(value, state.registers.get(_whole(place.base), UNKNOWN), self.mask)
        if place.times and not place.times.endswith("iz"):
            index = state.registers.get(_whole(place.times), UNKNOWN)
            by = place.scale.bit_length() - 1
            value = add(value, shift(index, by, self.mask) if by else index, self.mask)
        return value

    def load(self, state: State, address: Value, size: int) -> Value:
        """Return what lies at an address."""
        if not address.is_exact:
            return unsure(address)
        place = (address.base, address.number)
        stored = state.load(place, size)
        if stored is not None:
            return stored
        if any((address.base, address.number + index) in state.memory for index in range(size)):
            return unsure(*(cell[0] for cell in state.span(place, size)))
        if address.base is None:
            return self._initial(address.number, size)
        if INFO in address.base or SERVER in address.base:
            return Value(f"[{address.base}+{address.number:#x}]", 0) if size == self.word else UNKNOWN
        return UNKNOWN if address.base in (STACK, VERSION) else unsure(address)

    def _initial(self, address: int, size: int) -> Value:
        """Return what an address of the image holds before any of it runs, if that cannot change."""
        if size == self.word:
            kind = self.space.guards.get(address)
            if kind is not None:
                return Value(kind, 0)
            imported = self.space.imported(address)
            if imported is not None:
                return Value(f"import {imported[0]}!{imported[1]}", 0)
        raw = self.space.constant(address, size)
        if raw is None:
            return Value(f"value {address:#x}", 0) if size in (4, 8) else UNKNOWN
        return constant(int.from_bytes(raw[:8], "little"))

    def store(self, state: State, address: Value, size: int, value: Value, at: int) -> None:
        """Put a value at an address."""
        if not address.is_exact:
            self._scatter(state, address)
            return
        state.store((address.base, address.number), size, value)
        if address.base == VERSION and address.number < FLAGS_AT + 4 and address.number + size > FLAGS_AT:
            state.calls[FLAGS] = frozenset({Asked(0, at, UNKNOWN, UNKNOWN, None)})

    def _scatter(self, state: State, address: Value) -> None:
        """Forget what a write to a place that is not known may have changed: no pointer that is watched."""
        base = address.base
        self.touched += len(state.memory)
        state.forget(
            lambda place, value: (
                not is_watched(value) and (place[0] == base or (base is None and place[0] not in (STACK, VERSION)))
            )
        )

    def push(self, state: State, value: Value, at: int) -> None:
        """Put a value on the stack."""
        top = add(state.registers.get("rsp", UNKNOWN), constant(-self.word & self.mask), self.mask)
        state.registers["rsp"] = top
        self.store(state, top, self.word, value, at)

    def pop(self, state: State) -> Value:
        """Take a value from the stack."""
        top = state.registers.get("rsp", UNKNOWN)
        state.registers["rsp"] = add(top, constant(self.word), self.mask)
        return self.load(state, top, self.word)


def _whole(name: str) -> str:
    """Return the whole of a register named in an address."""
    return "r" + name[1:] if name.startswith("e") else name.removesuffix("d") if name[1:2].isdigit() else name
