"""Damage bytes: the same random numbers give the same damage."""

from collections.abc import Callable, Sequence
from random import Random

MAX_SIZE = 64 * 1024  # bytes; what grows beyond it is cut
_EXTREMES = (b"\0", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\xff\xff\xff\x7f")


def mutations(inputs: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> Callable[[], bytes]:
    """Return a function that gives another damaged input at each call."""

    def splice(data: bytes) -> bytes:
        other = random.choice(inputs)
        return data[: _place(data, random)] + other[_place(other, random) :]

    def insert(data: bytes) -> bytes:
        at, token = _place(data, random), random.choice(tokens or _EXTREMES)
        return data[:at] + token + data[at:]

    def overwrite(data: bytes) -> bytes:
        at, token = _place(data, random), random.choice(_EXTREMES)
        return data[:at] + token + data[at + len(token) :]

    def flip(data: bytes) -> bytes:
        at = _place(data, random)
        return data[:at] + bytes(b ^ 1 << random.randrange(8) for b in data[at : at + 1]) + data[at + 1 :]

    def copy(data: bytes) -> bytes:
        start, end, at = _place(data, random), _place(data, random), _place(data, random)
        return data[:at] + data[start:end] * random.choice((1, 1, 1, 2, 40)) + data[at:]

    def delete(data: bytes) -> bytes:
        at = _place(data, random)
        return data[:at] + data[at + random.choice((1, 2, 8, 64)) :]

    def truncate(data: bytes) -> bytes:
        return data[: _place(data, random)]

    ways = (splice, insert, insert, overwrite, flip, flip, copy, delete, delete, truncate)

    def mutated() -> bytes:
        data = random.choice(inputs)
        for _ in range(random.choice((1, 1, 2, 3, 5, 8))):
            data = random.choice(ways)(data)[:MAX_SIZE]
        return data

    return mutated


def _place(data: bytes, random: Random) -> int:
    return random.randrange(len(data) + 1)
