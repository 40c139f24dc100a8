"""Tell by its raw bytes whether a piece of a log can hold anything that is searched for.

Searching UTF-16 is slow in every engine: its NUL bytes defeat them. So a piece is squeezed first, in one pass of
`bytes.translate`: NULs and what `model.need` calls noise leave, capitals become small. What is left is searched for
all literals at once by YARA-X, which on squeezed text is as fast as Hyperscan. Squeezing only joins text, so nothing is
missed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from iisight.model.need import ALWAYS, NOISE, AnyOf, Literal, Need, either, every, holds, literals

MAX_LITERALS = 20_000
KNOWN = 16_384  # sets of literals whose answer is remembered

_LOWER = bytes(range(256)).lower()
_DELETED = NOISE.encode() + b"\0"

SHORT = 4  # characters; shorter words are looked for only where nothing else is in doubt: they slow the search down

Scanner = Callable[[bytes], frozenset[str]]
"""Return which of the literals it was made for are in a squeezed piece."""


class Judge(Protocol):
    """Tells whether literals that were found meet a need, and which short ones would have to be there besides."""

    def __call__(self, found: frozenset[str], sure: bool = False) -> tuple[bool, tuple[str, ...]]:
        """Return the verdict; when it is not `sure` that no short literal is there, those that matter."""
        ...


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Answers for one search; without a scanner every piece is wanted."""

    scanner: Scanner | None = None
    judge: Judge | None = None

    def wanted(self, piece: bytes) -> bool:
        """Tell whether a piece has to be read."""
        return self.scanner is None or self.holds(squeeze(piece))

    def holds(self, text: bytes) -> bool:
        """Tell whether a piece that was squeezed has to be read."""
        if self.scanner is None or self.judge is None:
            return True
        found = self.scanner(text)
        verdict, asked = self.judge(found)
        if asked:
            verdict, _ = self.judge(found.union(word for word in asked if word.encode() in text), sure=True)
        return verdict


def squeeze(piece: bytes) -> bytes:
    """Return a piece of a log without NULs and noise, ASCII letters in lower case."""
    return piece.translate(_LOWER, _DELETED)


def build(needs: Iterable[Need]) -> Prefilter:
    """Return the prefilter of a search: a piece is wanted when one of the needs holds.

    It wants every piece when one need always holds, when there are more literals than pay, or without YARA-X.
    """
    asked = tuple(dict.fromkeys(_simplified(need) for need in needs))
    words = {text for need in asked for text in literals(need)}
    if ALWAYS in asked or len(words) > MAX_LITERALS:
        return Prefilter()
    long = sorted(word for word in words if len(word) >= SHORT)
    return Prefilter(_scanner(long), _judge(asked, words.difference(long)))


def _judge(needs: tuple[Need, ...], short: set[str]) -> Judge:
    @lru_cache(KNOWN)  # pieces of one log hold the same few words
    def judge(found: frozenset[str], sure: bool = False) -> tuple[bool, tuple[str, ...]]:
        if any(holds(need, found) for need in needs):
            return True, ()
        open_needs = () if sure else [need for need in needs if holds(need, found | short)]
        return False, tuple(sorted({word for need in open_needs for word in literals(need)} & short))

    return judge


def _simplified(need: Need) -> Need:
    """Return a need without the parts that always hold, ALWAYS when nothing else is left."""
    if isinstance(need, Literal):
        return need
    return (either if isinstance(need, AnyOf) else every)(map(_simplified, need.parts))


def finder(needles: Sequence[bytes]) -> Callable[[bytes], frozenset[int]]:
    """Return what finds which byte strings stand in a piece: all at once; without YARA-X one by one."""
    scan = _compiled(needles)
    return scan or (lambda piece: frozenset(n for n, needle in enumerate(needles) if needle in piece))


def _scanner(words: list[str]) -> Scanner | None:
    scan = _compiled([word.encode("ascii") for word in words])
    return None if scan is None else lambda piece: frozenset(words[number] for number in scan(piece))


def _compiled(needles: Sequence[bytes]) -> Callable[[bytes], frozenset[int]] | None:
    if not needles:
        return lambda _: frozenset()
    try:
        import yara_x
    except ImportError:  # there is no wheel for Windows on ARM
        return None
    scanner = yara_x.Scanner(yara_x.compile("\n".join(map(_rule, range(len(needles)), needles))))
    return lambda piece: frozenset(int(rule.identifier[1:]) for rule in scanner.scan(piece).matching_rules)


def _rule(number: int, needle: bytes) -> str:
    return f"rule w{number} {{ strings: $a = {{ {needle.hex(' ')} }} condition: $a }}"
