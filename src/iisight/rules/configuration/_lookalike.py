"""How one name can be made to look like another: foreign letters, digits and letters alike, case, a slip of the pen."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from iisight.tables import split_table

MAX_NAME = 128  # longer names resemble nothing
_DIGITS = {"0": "o", "1": "li", "3": "e", "5": "s", "|": "li"}
_LETTERS = frozenset("li")  # look alike themselves: `UrlRoutlng`
_URI = re.compile(r"ur[il]")  # two words, and no trick
_NUMBERED = re.compile(r"[\W_]*(?:v?\d+(?:[.,]\d+)*|x64|x86|amd64)[-_ ]?(?:bits?)?\W*", re.IGNORECASE)
_WORDS = re.compile(r"(?:module|handlerfactory|handler|filter)?(?:[-_ ].*)?$", re.IGNORECASE)


class Trick(StrEnum):
    """How a name differs from the one it resembles, the surest sign first."""

    FOREIGN = "letters of another alphabet"
    DIGIT = "characters that look alike"
    CASE = "case alone"
    ONE_EDIT = "one letter"
    TWO_EDITS = "two letters"


@dataclass(frozen=True, slots=True)
class Resemblance:
    """The name that another one resembles, and by what trick."""

    name: str
    trick: Trick


def resembles(name: str, others: Collection[str], edits: int) -> Resemblance | None:
    """Return which of some names another one looks like, the surest first; None when it is one of them."""
    if len(name) > MAX_NAME or name in others:
        return None
    plain = _to_ascii(name)
    found = (Resemblance(other, trick) for other in others if (trick := _trick(name, plain, other, edits)))
    order = list(Trick)
    return min(found, key=lambda r: (order.index(r.trick), r.name), default=None)


def _trick(name: str, plain: str, other: str, edits: int) -> Trick | None:
    if plain != name and _looks_like(plain, other) is not None:
        return Trick.FOREIGN
    if plain != name:
        return None
    return _looks_like(name, other) or _edited(name, other, edits)


def _looks_like(name: str, other: str) -> Trick | None:
    """Tell whether two names of one length differ in case, or in characters that stand for each other."""
    if len(name) != len(other):
        return None
    pairs = [(a, b) for a, b in zip(name, other, strict=True) if a != b]
    unlike = [(a, b) for a, b in pairs if a.lower() != b.lower()]
    if not all(_is_twin(a.lower(), b.lower()) for a, b in unlike):
        return None
    if unlike and _URI.sub("uri", name.lower()) == _URI.sub("uri", other.lower()):
        return None
    return Trick.DIGIT if unlike else Trick.CASE


def _is_twin(one: str, other: str) -> bool:
    """Tell whether two characters stand for each other: a digit and a letter, or `i` and `l`."""
    return one in _DIGITS.get(other, "") or other in _DIGITS.get(one, "") or {one, other} == _LETTERS


def _is_numbered(name: str, other: str) -> bool:
    """Tell whether two names differ in version, bitness or number alone: `Module-64`, `Module_32bit`, `Module2`."""
    return _NUMBERED.sub("", name).lower() == _NUMBERED.sub("", other).lower()


def _edited(name: str, other: str, most: int) -> Trick | None:
    """Tell how many edits make one name of the other; short names allow none, for they resemble by chance."""
    if abs(len(name) - len(other)) > most:
        return None
    stem = _stem_length(other)
    allowed = min(most, 2 if stem >= 10 else 1 if stem >= 6 else 0)
    distance = edit_distance(name.lower(), other.lower(), allowed)
    if distance > allowed or _is_numbered(name, other):
        return None
    return {1: Trick.ONE_EDIT, 2: Trick.TWO_EDITS}.get(distance)


@cache
def _stem_length(stock: str) -> int:
    """Return the length of a stock name without its general words: `HttpLogging` of `HttpLoggingModule`."""
    return len(_WORDS.sub("", stock))


def edit_distance(one: str, other: str, most: int) -> int:
    """Return how many insertions, deletions, substitutions and swaps of neighbours apart two texts are, at most+1."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def _to_ascii(text: str) -> str:
    """Return text with look-alike letters replaced and invisible characters left out."""
    if text.isascii():
        return text
    visible = "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Mn"})
    return unicodedata.normalize("NFKC", visible.translate(_confusables()))


@cache
def _confusables() -> dict[int, str]:
    text = resources.files("iisight.rules.configuration").joinpath("confusables.csv").read_text("utf-8")
    return {ord(character): row["like"] for row in split_table(text) for character in row["characters"]}
