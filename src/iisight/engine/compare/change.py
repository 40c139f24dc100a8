"""Make changes: their ids, and the order they are told in."""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from iisight.model.comparison import Change, Side, Topic, Turn
from iisight.model.finding import Severity
from iisight.model.locator import Locator

_Item = TypeVar("_Item")
_Key = Callable[[_Item], Hashable]
_TOPICS = tuple(Topic)
_TURNS = (Turn.ADDED, Turn.CHANGED, Turn.REMOVED, Turn.UNKNOWN, Turn.MOVED)


Sides = tuple[Side | None, Side | None]
"""What the old and the new report say."""


def change(
    topic: Topic,
    subject: str,
    what: str,
    sides: Sides,
    weight: Severity,
    *,
    turn: Turn | None = None,
    components: Iterable[str] = (),
) -> Change:
    """Return a change; what became of it follows from its sides unless it is given."""
    old, new = sides
    followed = Turn.ADDED if old is None else Turn.REMOVED if new is None else Turn.CHANGED
    return Change("", turn or followed, topic, subject, what, old, new, weight, tuple(components))


def one_sided(side: Side, *, came: bool) -> Sides:
    """Return the sides of what one report alone has."""
    return (None, side) if came else (side, None)


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return changes with their ids, the weightiest first; alike ones are counted in the id."""
    found = sorted(changes, key=_order)
    seen: Counter[str] = Counter()
    done = []
    for each in found:
        known = _id(each)
        seen[known] += 1
        done.append(replace(each, id=known if seen[known] == 1 else f"{known}-{seen[known]}"))
    return tuple(done)


def _order(each: Change) -> tuple[object, ...]:
    quiet = each.turn in (Turn.UNKNOWN, Turn.MOVED)
    place = next((s.locator for s in (each.new, each.old) if s is not None and s.locator is not None), Locator(""))
    texts = tuple("" if side is None else side.text for side in (each.old, each.new))
    kind = _TOPICS.index(each.topic), _TURNS.index(each.turn)
    return quiet, -each.weight.rank, *kind, each.subject, place, each.what, texts


def _id(each: Change) -> str:
    """Return an id that stays when lines move: everything but places and weights."""
    sides = tuple("-" if side is None else f"={side.text}" for side in (each.old, each.new))
    parts = (each.turn, each.topic, each.subject, each.what, *sides)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def paired(
    old: Iterable[_Item], new: Iterable[_Item], *keys: tuple[_Key[_Item], _Key[_Item]]
) -> tuple[list[tuple[_Item, _Item]], list[_Item], list[_Item]]:
    """Pair what has the same first key, then of the rest what has the same next one; return the pairs and what is left.

    The first key says that both are the same thing: as many are paired as can be. The others guess: they pair only
    what both sides have the same number of.
    """
    left, right = list(old), list(new)
    pairs: list[tuple[_Item, _Item]] = []
    for number, (old_key, new_key) in enumerate(keys):
        ones, others = _grouped(left, old_key), _grouped(right, new_key)
        gone: tuple[set[int], set[int]] = (set(), set())
        for key, group in ones.items():
            there = others.get(key, [])
            if number == 0 or len(group) == len(there):
                for one, other in zip(group, there, strict=False):
                    pairs.append((left[one], right[other]))
                    gone[0].add(one)
                    gone[1].add(other)
        left = [one for index, one in enumerate(left) if index not in gone[0]]
        right = [other for index, other in enumerate(right) if index not in gone[1]]
    return pairs, left, right


def _grouped(items: list[_Item], key: _Key[_Item]) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(key(item), []).append(index)
    return groups
