"""Gaps of a watch are said once, and again with their number after an hour."""

from iisight.model.coverage import Gap, GapKind
from iisight.watch.said import AGAIN, MAX_KNOWN, Said


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def gap(subject: str = "events.ndjson", count: int = 1) -> Gap:
    return Gap(GapKind.MALFORMED, subject, "no JSON", count)


def test_the_first_is_said_at_once_and_the_next_after_an_hour_with_their_number() -> None:
    clock = Clock()
    said = Said(clock)
    assert list(said.take([gap(count=2)])) == [gap(count=2)]
    for _ in range(10):
        clock.now += 60
        assert list(said.take([gap(count=3)])) == []
    clock.now += AGAIN
    assert list(said.take([])) == [gap(count=30)]


def test_what_is_different_is_said_for_itself() -> None:
    said = Said(Clock())
    assert list(said.take([gap("a"), gap("b"), gap("a")])) == [gap("a", 2), gap("b")]


def test_too_many_different_ones_are_one() -> None:
    said = Said(Clock())
    list(said.take(gap(str(number)) for number in range(MAX_KNOWN)))
    more = list(said.take(gap(f"more {number}") for number in range(5)))
    assert [(one.subject, one.count) for one in more] == [("event feeds", 5)]
