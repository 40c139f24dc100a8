"""Find where tokens are used in the IL without reading all of it: a search for their bytes, confirmed by decoding."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from iisight.parsers.pe.clr.il import Bodies, Instruction, branch_targets, instructions, opcodes

MAX_SEARCHED = 16 * 1024 * 1024  # bytes of the file searched
MAX_DECODED = 2 * 1024 * 1024  # bytes of IL decoded
MAX_BEFORE = 24  # instructions kept with a site
MAX_BRANCHES = 100_000  # followed in one method that is not decoded from front to back
MAX_HITS = 50_000  # likely sites
MAX_KEPT = 32  # sites of one target, for those that say no more by being many

_USES = rb"[\x06\x07\x27\x28\x6f\x73]"  # last byte of ldftn, ldvirtftn; jmp, call, callvirt, newobj


@dataclass(frozen=True, slots=True)
class Site:
    """An instruction that uses a token, and those before it."""

    method: int
    instruction: Instruction
    before: tuple[Instruction, ...]


class Finder:
    """Finds sites within one budget."""

    def __init__(self, data: memoryview, bodies: Bodies, notes: list[str]) -> None:
        """Start with a full budget."""
        self._data = data
        self._bodies = bodies
        self._notes = notes
        self._left = MAX_DECODED

    def sites(self, tokens: Mapping[int, str], most: int = MAX_KEPT) -> Iterator[Site]:
        """Yield the sites of tokens by method and offset, at most `most` of those that stand for the same."""
        found = self._hits(frozenset(tokens)) if tokens else {}
        kept: dict[str, int] = defaultdict(int)
        for method in sorted(found):
            hits = [at for at, token in found[method] if kept[tokens[token]] < most]
            code = self._bodies.code(method) if hits else b""
            if len(code) > self._left:
                self._notes.append(f"IL is left out after {MAX_DECODED} bytes of it were decoded")
                return
            self._left -= len(code)
            for site in _confirmed(method, code, frozenset(tokens), hits):
                kept[tokens[site.instruction.operand]] += 1
                if kept[tokens[site.instruction.operand]] <= most:
                    yield site

    def _hits(self, tokens: frozenset[int]) -> dict[int, list[tuple[int, int]]]:
        """Return the likely uses in each method's IL: offset and token."""
        start, end = self._bodies.span
        if end - start > MAX_SEARCHED:
            self._notes.append(f"IL behind the first {MAX_SEARCHED} bytes is left out")
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        matches = _pattern(tokens).finditer(self._data, start, min(end, start + MAX_SEARCHED))
        places = ((match, body) for match in matches for body in self._bodies.at(match.start()))
        for count, (match, body) in enumerate(places):
            if count == MAX_HITS:
                self._notes.append(f"of calls in the IL {MAX_HITS} are looked at")
                break
            found[body.method].append((match.start() - body.start, int.from_bytes(match[1], "little")))
        return found


def _pattern(tokens: frozenset[int]) -> re.Pattern[bytes]:
    """Return what finds the tokens: those that differ in the last byte of the number alone are one class."""
    groups: dict[bytes, set[int]] = defaultdict(set)
    for token in tokens:
        raw = token.to_bytes(4, "little")
        groups[raw[1:]].add(raw[0])
    ways = (_any_of(firsts) + re.escape(rest) for rest, firsts in sorted(groups.items()))
    return re.compile(b"(?s)" + _USES + b"(" + b"|".join(ways) + b")")


def _any_of(values: Iterable[int]) -> bytes:
    return b"[" + b"".join(b"\\x%02x" % value for value in sorted(values)) + b"]"


def _confirmed(method: int, code: bytes, tokens: frozenset[int], hits: list[int]) -> Iterator[Site]:
    """Yield the hits that are instructions, be it that bytes between them are not."""
    decoded = list(instructions(code))
    offsets = {i.offset + (1 if i.code > 0xFF else 0) for i in decoded}
    if not offsets.issuperset(hits):
        decoded = _reached(code, decoded)
    places = [i.offset for i in decoded]
    for hit in hits:
        index = bisect_left(places, hit)
        if index == len(places) or places[index] != hit:
            index -= 1  # a prefixed one begins a byte before
        if index >= 0 and decoded[index].operand in tokens and hit - places[index] <= (decoded[index].code > 0xFF):
            yield Site(method, decoded[index], tuple(decoded[max(0, index - MAX_BEFORE) : index]))


def _reached(code: bytes, decoded: list[Instruction]) -> list[Instruction]:
    """Decode from every place that is branched to, too: protectors put bytes between that are never run."""
    table = opcodes()
    known = {i.offset: i for i in decoded}
    waiting = list(decoded)
    left = MAX_BRANCHES
    while waiting and left > 0:
        instruction = waiting.pop()
        opcode = table[instruction.code]
        if opcode is None or opcode.flow not in ("jump", "branch"):
            continue
        goals = branch_targets(code, instruction)
        left -= len(goals)
        for goal in goals:
            for following in instructions(code, goal) if 0 <= goal < len(code) else ():
                if following.offset in known:
                    break
                known[following.offset] = following
                waiting.append(following)
    return [known[offset] for offset in sorted(known)]
