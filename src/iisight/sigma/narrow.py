"""Which of many rules an event can meet at all: one pass over its text for the texts that the rules cannot do without.

Thousands of rules are asked as fast as some dozens so. RE2 does it, which comes with the users' rules (extra `sigma`).
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from iisight.model.need import folded
from iisight.sigma.expressions import texts_of
from iisight.sigma.fields import View, native_of
from iisight.sigma.rule import Every, Node, Regex, Some, Text

Clause: TypeAlias = frozenset[str]  # one of these texts, in lower case, is in an event that meets the rule
Narrow: TypeAlias = Callable[[View], Sequence[int]]

MIN_RULES = 48  # fewer are asked as fast
MAX_CLAUSES = 3  # of a rule
MAX_TEXTS = 128  # of a clause
MAX_MEMORY = 16 << 20  # bytes RE2 may use for the rules about one kind of event
_END = "\0"  # of the text, sought in it as well: not found means that RE2 gave up


def narrowing(conditions: Sequence[tuple[Node, str]]) -> Narrow | None:
    """Return what gives the numbers, in order, of the conditions (with mappings) that an event may meet.

    None where there are few of them, no RE2, or more than RE2 can hold: then each is asked.
    """
    if len(conditions) < MIN_RULES:
        return None
    try:
        import re2
    except ImportError:
        return None
    clauses = [clauses_of(node, mapping)[:MAX_CLAUSES] for node, mapping in conditions]
    texts = sorted({text for each in clauses for clause in each for text in clause} | {_END})
    options = re2.Options()
    options.literal, options.log_errors, options.max_mem = True, False, MAX_MEMORY
    scanner = re2.Set.SearchSet(options)
    for text in texts:
        scanner.Add(_bytes(text))
    try:
        scanner.Compile()
    except re2.error:
        return None
    numbers = {text: number for number, text in enumerate(texts)}
    return _narrow(scanner.Match, numbers, clauses)


def clauses_of(node: Node, mapping: str) -> list[Clause]:
    """Return clauses that all hold of an event that meets a condition, the most telling first."""
    if isinstance(node, Every):
        found = dict.fromkeys(clause for part in node.parts for clause in clauses_of(part, mapping))
        return sorted(found, key=_tells, reverse=True)
    if isinstance(node, Some):
        parts = [clauses_of(part, mapping)[:1] for part in node.parts]
        union = frozenset(text for part in parts for clause in part for text in clause)
        return [union] if all(parts) and 0 < len(union) <= MAX_TEXTS else []
    if isinstance(node, Text | Regex) and (not node.field or native_of(node.field, mapping)):
        return [frozenset({text}) for text in _texts(node)]
    return []


def _texts(node: Text | Regex) -> list[str]:
    """Return the longest text without a newline, which may stand between two values."""
    written = texts_of(node.expression) if isinstance(node, Regex) else (p for p in node.pattern if isinstance(p, str))
    pieces = [piece for text in written for piece in folded(text).split("\n") if piece]
    return [max(pieces, key=len)] if pieces else []


def _tells(clause: Clause) -> tuple[int, int]:
    return min(map(len, clause)), -len(clause)


def _narrow(match: Callable[[bytes], list[int]], numbers: dict[str, int], clauses: list[list[Clause]]) -> Narrow:
    end, everything = numbers[_END], range(len(clauses))
    always = [number for number, each in enumerate(clauses) if not each]
    rest = [[frozenset(numbers[text] for text in clause) for clause in each[1:]] for each in clauses]
    by_text: dict[int, list[int]] = {}
    for number, each in enumerate(clauses):
        for text in each[0] if each else ():
            by_text.setdefault(numbers[text], []).append(number)

    def narrow(view: View) -> Sequence[int]:
        found = match(_bytes(view.text + _END))
        if end not in found:
            return everything
        candidates = {number for text in found for number in by_text.get(text, ())}
        kept = [n for n in candidates if not any(map(frozenset(found).isdisjoint, rest[n]))]
        return sorted([*always, *kept])

    return narrow


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
