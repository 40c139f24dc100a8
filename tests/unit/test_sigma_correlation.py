"""Correlations, by hand-made hits in order of time."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from iisight.model.event import Event
from iisight.sigma import correlation as module
from iisight.sigma.correlation import CorrelationHit, Correlator, Dropped
from iisight.sigma.rule import RuleSet
from tests.builders.sigma import NOON, event, rule_text, ruleset

A = rule_text("s:\n  F: x\ncondition: s", name="a")
B = rule_text("s:\n  F: y\ncondition: s", name="b")


def _rules(body: str, *more: str) -> RuleSet:
    lines = "".join(f"  {line}\n" for line in body.strip("\n").splitlines())
    return ruleset(A, B, f"title: C\nname: c\ncorrelation:\n{lines}", *more)


def _at(second: float, **fields: str) -> Event:
    return event(fields, time=NOON + timedelta(seconds=second))


def _told(rules: RuleSet, hits: Iterable[tuple[str, Event]]) -> list[tuple[str, tuple[str, ...], list[int]]]:
    """Return (key, group, seconds of the events) of the hits."""
    assert not rules.not_evaluated
    correlator = Correlator(rules.correlations, rules.rules)
    found = [hit for key, each in hits for hit in correlator.feed(key, each)] + list(correlator.finish())
    assert correlator.dropped == Dropped()
    return [(hit.key, hit.group, _seconds(hit)) for hit in found]


def _seconds(hit: CorrelationHit) -> list[int]:
    return [round((each.time - NOON).total_seconds()) for each in hit.events if each.time]


COUNT = "type: event_count\nrules: a\ngroup-by: User\ntimespan: 10s\ncondition: {gte: 3}"


def test_a_count_is_of_a_group_within_the_time() -> None:
    hits = [("a", _at(second, User=user)) for second, user in [(0, "u"), (1, "v"), (5, "U"), (6, "v"), (10, "u")]]
    assert _told(_rules(COUNT), hits) == [("c", ("u",), [0, 5, 10])]


def test_a_time_that_no_calendar_holds_is_as_good_as_all_time() -> None:
    hits = [("a", _at(second, User="u")) for second in (0, 5, 100_000)]
    assert _told(_rules(COUNT.replace("10s", "99999999999d")), hits) == [("c", ("u",), [0, 5, 100_000])]


def test_a_count_beyond_the_time_is_none() -> None:
    assert _told(_rules(COUNT), [("a", _at(second, User="u")) for second in (0, 5, 11, 16)]) == []


def test_a_long_run_is_told_once_for_each_of_its_counts() -> None:
    told = _told(_rules(COUNT), [("a", _at(second, User="u")) for second in range(7)])
    assert told == [("c", ("u",), [0, 1, 2]), ("c", ("u",), [3, 4, 5])]


def test_events_without_the_field_belong_to_no_group() -> None:
    assert _told(_rules(COUNT), [("a", _at(second)) for second in range(3)]) == []


def test_values_are_counted_once() -> None:
    rules = _rules("type: value_count\nrules: [a]\ntimespan: 1m\ncondition: {gt: 1, field: Image}")
    hits = [("a", _at(0, Image="p")), ("a", _at(1, Image="P")), ("a", _at(2, Image="q"))]
    assert _told(rules, hits) == [("c", (), [0, 1, 2])]


TEMPORAL = "type: temporal\nrules: [a, b]\ntimespan: 10s\ngroup-by: [who]\naliases:\n  who: {a: User, b: Account}"


def test_temporal_takes_any_order_and_aliases() -> None:
    hits = [("b", _at(0, Account="U")), ("a", _at(1, User="v")), ("a", _at(9, User="u"))]
    assert _told(_rules(TEMPORAL), hits) == [("c", ("u",), [0, 9])]


def test_temporal_needs_every_rule() -> None:
    assert _told(_rules(TEMPORAL), [("b", _at(0, Account="u")), ("b", _at(1, Account="u"))]) == []


def test_ordered_takes_the_order_written() -> None:
    rules = _rules("type: temporal_ordered\nrules: [a, b]\ntimespan: 10s")
    assert _told(rules, [("b", _at(0)), ("a", _at(1))]) == []
    assert _told(rules, [("a", _at(0)), ("a", _at(1)), ("b", _at(2))]) == [("c", (), [0, 1, 2])]
    assert _told(rules, [("a", _at(0)), ("b", _at(11))]) == []


@pytest.mark.parametrize(
    ("condition", "told"),
    [("{lt: 3}", [[20]]), ("{eq: 3}", [[0, 1, 2]]), ("{neq: 3}", [[20]]), ("{lte: 3}", [[0, 1, 2], [20]])],
)
def test_what_is_known_only_in_the_end_is_told_then(condition: str, told: list[list[int]]) -> None:
    rules = _rules(f"type: event_count\nrules: a\ntimespan: 10s\ncondition: {condition}")
    assert [seconds for _, _, seconds in _told(rules, [("a", _at(second)) for second in (0, 1, 2, 20)])] == told


@pytest.mark.parametrize(
    ("kind", "condition", "met"),
    [
        ("value_sum", "{gte: 6, field: N}", True),
        ("value_sum", "{gt: 6, field: N}", False),
        ("value_avg", "{eq: 2, field: N}", True),
        ("value_median", "{eq: 2, field: N}", True),
        ("value_percentile", "{gte: 2.8, field: N, percentile: 90}", True),
    ],
)
def test_a_statistic_of_values(kind: str, condition: str, met: bool) -> None:
    rules = _rules(f"type: {kind}\nrules: a\ntimespan: 10s\ncondition: {condition}")
    assert bool(_told(rules, [("a", _at(0, N="1")), ("a", _at(1, N="0x2")), ("a", _at(2, N="3"))])) is met


def test_a_correlation_may_be_about_another() -> None:
    outer = "title: D\nname: d\ncorrelation: {type: temporal_ordered, rules: [c, b], timespan: 1m}\n"
    told = _told(_rules(COUNT, outer), [*(("a", _at(second, User="u")) for second in range(3)), ("b", _at(5))])
    assert told == [("c", ("u",), [0, 1, 2]), ("d", (), [2, 5])]


def test_one_about_a_rule_that_is_not_there_is_named() -> None:
    rules = _rules("type: event_count\nrules: [a, nosuch]\ntimespan: 10s\ncondition: {gte: 3}")
    (failed,) = rules.not_evaluated
    assert failed.reason == "it is about the rule 'nosuch', which is not there or not evaluated"


def test_what_is_dropped_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GROUPS", 2)
    rules = _rules(COUNT)
    correlator = Correlator(rules.correlations, rules.rules)
    for number in range(4):
        assert not list(correlator.feed("a", _at(number, User=str(number))))
    assert not list(correlator.feed("a", event({"User": "u"}, time=None)))
    assert not list(correlator.feed("a", _at(0, User="3")))
    assert correlator.dropped == Dropped(untimed=1, unordered=1, groups=2)


def test_a_group_whose_time_is_over_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GROUPS", 2)
    rules = _rules(COUNT)
    correlator = Correlator(rules.correlations, rules.rules)
    for number in range(5):
        assert not list(correlator.feed("a", _at(number * 11, User=str(number))))
    assert correlator.dropped == Dropped()
