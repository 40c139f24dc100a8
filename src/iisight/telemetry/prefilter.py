"""Tell by its raw bytes whether a piece of a log can hold anything that is searched for.

Searching UTF-16 is slow in every engine: its NUL bytes defeat them. So a piece is squeezed first, in one pass of
`bytes.translate`: NULs and what `model.need` calls noise leave, capitals become small. What is left is searched for
all literals at once by YARA-X, which on squeezed text is as fast as Hyperscan. Squeezing only joins text, so nothing is
missed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from iisight.model.need import ALWAYS, NOISE, AllOf, AnyOf, Literal, Need, holds, literals

MAX_LITERALS = 20_000

_LOWER = bytes(range(256)).lower()
_DELETED = NOISE.encode() + b"\0"

Scanner = Callable[[bytes], frozenset[str]]
"""Return which of the literals it was made for are in a squeezed piece."""


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Answers for one search; without a scanner every piece is wanted."""

    needs: tuple[Need, ...] = ()
    scanner: Scanner | None = None

    def wanted(self, piece: bytes) -> bool:
        """Tell whether a piece has to be read."""
        if self.scanner is None:
            return True
        found = self.scanner(squeeze(piece))
        return bool(found) and any(holds(need, found) for need in self.needs)


def squeeze(piece: bytes) -> bytes:
    """Return a piece of a log without NULs and noise, ASCII letters in lower case."""
    return piece.translate(_LOWER, _DELETED)


def build(needs: Iterable[Need]) -> Prefilter:
    """Return the prefilter of a search: a piece is wanted when one of the needs holds.

    It wants every piece when one need always holds, when there are more literals than pay, or without YARA-X.
    """
    asked = tuple(dict.fromkeys(_simplified(need) for need in needs))
    words = sorted({text for need in asked for text in literals(need)})
    if ALWAYS in asked or len(words) > MAX_LITERALS:
        return Prefilter()
    return Prefilter(asked, _scanner(words))


def _simplified(need: Need) -> Need:
    """Return a need without the parts that always hold, ALWAYS when nothing else is left."""
    if isinstance(need, Literal):
        return need
    parts = tuple(dict.fromkeys(_simplified(part) for part in need.parts))
    if isinstance(need, AnyOf):
        return ALWAYS if ALWAYS in parts else parts[0] if len(parts) == 1 else AnyOf(parts)
    left = tuple(part for part in parts if part != ALWAYS)
    return left[0] if len(left) == 1 else AllOf(left)


def finder(needles: Sequence[bytes]) -> Callable[[bytes], frozenset[int]]:
    """Return what finds which byte strings stand in a piece: all at once; without YARA-X one by one."""
    scan = _compiled(needles)
    return scan or (lambda piece: frozenset(n for n, needle in enumerate(needles) if needle in piece))


def _scanner(words: list[str]) -> Scanner | None:
    scan = _compiled([word.encode("ascii") for word in words])
    return None if scan is None else lambda piece: frozenset(words[number] for number in scan(piece))


def _compiled(needles: Sequence[bytes]) -> Callable[[bytes], frozenset[int]] | None:
    try:
        import yara_x
    except ImportError:  # there is no wheel for Windows on ARM
        return None
    compiler = yara_x.Compiler()
    for number, needle in enumerate(needles):
        compiler.add_source(f"rule w{number} {{ strings: $a = {{ {needle.hex(' ')} }} condition: $a }}")
    scanner = yara_x.Scanner(compiler.build())
    return lambda piece: frozenset(int(rule.identifier[1:]) for rule in scanner.scan(piece).matching_rules)
