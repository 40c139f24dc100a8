"""What the interpreter knows of a value: its bits, or a symbol and a distance from it."""

from typing import NamedTuple

WIDE = (1 << 64) - 1


class Value(NamedTuple):
    """`base` + `number`; without a base, bits: those of `number` are set, those of `maybe` may be.

    With a base, `maybe` says that the distance is not known.
    """

    base: str | None
    number: int
    maybe: int = 0

    @property
    def is_constant(self) -> bool:
        """Tell whether this is one known number."""
        return self.base is None and not self.maybe

    @property
    def is_exact(self) -> bool:
        """Tell whether it is known but for the value of its symbol."""
        return not self.maybe


def is_watched(value: Value) -> bool:
    """Tell whether a watched symbol had part in a value: those have an `@` in their names."""
    return value.base is not None and "@" in value.base


UNKNOWN = Value(None, 0, WIDE)
ZERO = Value(None, 0)


def constant(number: int) -> Value:
    """Return a known number."""
    return Value(None, number & WIDE)


def unsure(*values: Value) -> Value:
    """Return what is left of values that got mixed: nothing, but that a watched symbol had part in it."""
    watched = next((value.base for value in values if is_watched(value)), None)
    return UNKNOWN if watched is None else Value(watched, 0, WIDE)


def known_bits(value: Value) -> Value:
    """Return what is known of the bits of a value: of a symbol, nothing."""
    return value if value.base is None or is_watched(value) else UNKNOWN


def join(left: Value, right: Value) -> Value:
    """Return what holds of both."""
    if left == right:
        return left
    if not (left.base and left.base == right.base) and not (is_watched(left) or is_watched(right)):
        left, right = known_bits(left), known_bits(right)
        maybe = left.maybe | right.maybe | (left.number ^ right.number)
        return Value(None, left.number & right.number & ~maybe, maybe)
    return Value(left.base, 0, WIDE) if left.base == right.base else unsure(left, right)


def cut(value: Value, size: int) -> Value:
    """Return the low `size` bytes."""
    if size >= 8:
        return value
    mask = (1 << 8 * size) - 1
    if value.base is None:
        return Value(None, value.number & mask, value.maybe & mask)
    return value if size == 4 else Value(None, 0, mask)


def extend(value: Value, size: int, to: int) -> Value:
    """Return a value of `size` bytes sign-extended."""
    mask, wide = (1 << 8 * size) - 1, (1 << 8 * to) - 1
    top = (mask + 1) >> 1
    if value.base is not None:
        return unsure(value) if is_watched(value) or size < 4 else value
    high = wide & ~mask
    number, maybe = value.number & mask, value.maybe & mask
    if maybe & top:
        return Value(None, number, maybe | high)
    return Value(None, number | (high if number & top else 0), maybe)


def add(left: Value, right: Value, mask: int) -> Value:
    """Return the sum, as far as it can be told."""
    if left.is_exact and right.is_exact and (left.base is None or right.base is None):
        base = left.base if left.base is not None else right.base
        return Value(base, (left.number + right.number) & mask)
    if left.base is None and right.base is None and not (left.number | left.maybe) & (right.number | right.maybe):
        return Value(None, left.number | right.number, left.maybe | right.maybe)  # no carry: a sum is an `or`
    if left.base is not None and right.base is not None:
        return unsure(left, right)
    base = left.base if left.base is not None else right.base
    return UNKNOWN if base is None else Value(base, 0, WIDE)


def subtract(left: Value, right: Value, mask: int) -> Value:
    """Return the difference, as far as it can be told."""
    if right == ZERO:
        return left
    if left.is_exact and right.is_exact:
        if left.base == right.base:
            return Value(None, (left.number - right.number) & mask)
        if right.base is None:
            return Value(left.base, (left.number - right.number) & mask)
    return Value(left.base, 0, WIDE) if left.base is not None and right.base is None else unsure(left, right)


def both(left: Value, right: Value) -> Value:
    """Return `left & right`. A pointer that is aligned stays one: its symbol is taken for aligned."""
    for pointer, mask in ((left, right), (right, left)):
        if pointer.base == "sp" and pointer.is_exact and mask.is_constant and mask.number >> 16:
            return Value(pointer.base, pointer.number & mask.number)
    left, right = known_bits(left), known_bits(right)
    if left.base is not None or right.base is not None:
        return unsure(left, right)
    ones = left.number & right.number
    return Value(None, ones, ((left.number | left.maybe) & (right.number | right.maybe)) & ~ones)


def either(left: Value, right: Value) -> Value:
    """Return `left | right`: a bit that one side sets is set, whatever the other is."""
    left, right = known_bits(left), known_bits(right)
    if left.base is not None or right.base is not None:
        return unsure(left, right)
    ones = left.number | right.number
    return Value(None, ones, (left.maybe | right.maybe) & ~ones)


def differ(left: Value, right: Value) -> Value:
    """Return `left ^ right`."""
    left, right = known_bits(left), known_bits(right)
    if left.base is not None or right.base is not None:
        return unsure(left, right)
    maybe = left.maybe | right.maybe
    return Value(None, (left.number ^ right.number) & ~maybe, maybe)


def shift(value: Value, by: int, mask: int) -> Value:
    """Return the value shifted, to the left for a positive distance."""
    value = known_bits(value)
    if value.base is not None:
        return unsure(value)
    if by >= 0:
        return Value(None, value.number << by & mask, value.maybe << by & mask)
    return Value(None, (value.number & mask) >> -by, (value.maybe & mask) >> -by)
