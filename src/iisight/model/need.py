"""What must stand in a piece of a log for something to be found in it: what the prefilter asks.

A literal is sought in the text of the piece with NUL bytes and every character that shells and obfuscators strew in
(`NOISE`) left out, ASCII letters in lower case. Leaving out can only join text, so a literal that is in a record is
found; what is found need not be in a record. Only what an EVTX record stores as text may be a literal: no GUID, SID,
number or time, which records store in binary, and no message text, which they do not store at all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NOISE = "^`\"'+& <>"
MIN_RUN = 3  # characters; shorter runs tell nothing

_SQUEEZE = {ord(c): None for c in NOISE + "\0"}
_BREAKS = re.compile(r"[^\x20-\x7e]+|[\"&<>']+")  # BinXML stores these five as entity references in inline text
# The two whose lower case is ASCII, with what stands for them (private use); `\u03a3` alone is put in lower case by
# what follows it.
_ODD = {"\u212a": "\ue000", "\u0130": "\ue001", "\u03a3": "\u03c3"}
_KEPT = str.maketrans(_ODD)
_BACK = {0xE000: "\u212a", 0xE001: "\u0130"}


@dataclass(frozen=True, slots=True)
class Literal:
    """A text that must be there."""

    text: str  # as `squeezed` returns it, not empty


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must hold; no part at all always holds."""

    parts: "tuple[Need, ...]" = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part must hold; no part at all never does."""

    parts: "tuple[Need, ...]" = ()


Need = Literal | AllOf | AnyOf
ALWAYS = AllOf()


def folded(text: str) -> str:
    r"""Return a text in lower case, each character for itself: what is not ASCII stays so (`\u212a`, `\u0130`)."""
    if text.isascii() or not any(odd in text for odd in _ODD):
        return text.lower()
    return text.translate(_KEPT).lower().translate(_BACK)


def squeezed(text: str) -> str:
    """Return a text as the prefilter sees it."""
    return folded(text).translate(_SQUEEZE)


def literal(text: str) -> Need:
    """Return the need of a text: all its runs of ASCII between characters that a record may store otherwise."""
    runs = {squeezed(run) for run in _BREAKS.split(text)}
    longest = max(runs, key=lambda run: (len(run), run))
    kept = sorted({run for run in runs if len(run) >= MIN_RUN} | ({longest} - {""}))
    parts = tuple(Literal(run) for run in kept)
    return parts[0] if len(parts) == 1 else AllOf(parts)


def any_of(*texts: str) -> Need:
    """Return the need of one of several texts."""
    return AnyOf(tuple(literal(text) for text in texts))


def all_of(*texts: str) -> Need:
    """Return the need of several texts together."""
    return AllOf(tuple(literal(text) for text in texts))


def either(needs: Iterable[Need]) -> Need:
    """Return the need that one of several is met, in its shortest form."""
    parts = tuple(dict.fromkeys(needs))
    if ALWAYS in parts:
        return ALWAYS
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def every(needs: Iterable[Need]) -> Need:
    """Return the need that several are met, in its shortest form."""
    parts = tuple(dict.fromkeys(need for need in needs if need != ALWAYS))
    return parts[0] if len(parts) == 1 else AllOf(parts)


def literals(need: Need) -> Iterator[str]:
    """Yield every literal a need speaks of."""
    if isinstance(need, Literal):
        yield need.text
        return
    for part in need.parts:
        yield from literals(part)


def holds(need: Need, found: frozenset[str] | set[str]) -> bool:
    """Tell whether a need is met where these literals were found."""
    if isinstance(need, Literal):
        return need.text in found
    if isinstance(need, AllOf):
        return all(holds(part, found) for part in need.parts)
    return any(holds(part, found) for part in need.parts)
