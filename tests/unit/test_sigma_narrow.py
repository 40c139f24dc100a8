"""Many rules are narrowed to those that an event may meet: never to fewer."""

import sys

import pytest

from iisight.model.event import Event
from iisight.sigma import narrow
from iisight.sigma.fields import View
from iisight.sigma.match import Matcher
from iisight.sigma.narrow import clauses_of, narrowing
from iisight.sigma.rule import CompiledRule, Node
from tests.builders.sigma import compiled, event

DETECTIONS = (
    "s:\n  A|contains: one\ncondition: s",
    "s:\n  A|contains|all: [one, two]\ncondition: s",
    "s:\n  A: [x, 'th*ree', y]\ncondition: s",
    "s:\n  A|re: 'f(o|ou)r'\ncondition: s",
    "s: {A: one}\nt: {A: null}\ncondition: not s and not t",
    "k: [\u00c9t\u00e9]\ncondition: k",
    "s:\n  Image|endswith: one\ncondition: s",
    "s:\n  A|cased: ONE\ncondition: s",
)
TEXTS = ("one", "two one", "three", "THxREE", "four", "", "\u00c9T\u00c9", "ONE", "\ud800one", "one\0two", "\nx")


def _rules() -> list[CompiledRule]:
    return [compiled(text, name=f"r{number}") for number, text in enumerate(DETECTIONS)]


def _events() -> list[Event]:
    return [event({"A": text}) for text in TEXTS] + [
        event({"NewProcessName": text, "A": text}, channel="Security", number=4688) for text in TEXTS
    ]


def _hits() -> list[tuple[str, ...]]:
    matcher = Matcher(_rules())
    return [matcher.hits(each) for each in _events()]


def test_hits_are_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _hits()
    assert {key for each in plain for key in each} == {f"r{number}" for number in range(len(DETECTIONS))}
    monkeypatch.setattr(narrow, "MIN_RULES", 1)
    assert _hits() == plain


def test_fewer_rules_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrow, "MIN_RULES", 1)
    found = narrowing([(rule.condition, "") for rule in _rules()])
    assert found is not None
    assert list(found(View(event({"A": "nothing"})))) == [4]
    assert list(found(View(event({"A": "one"})))) == [0, 4, 6, 7]


def test_every_rule_is_asked_when_re2_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import re2

    class GivesUp:
        def __init__(self, real: re2.Set) -> None:
            self.Add, self.Compile = real.Add, real.Compile

        def Match(self, _text: bytes) -> list[int]:  # noqa: N802
            return []

    search_set = re2.Set.SearchSet
    monkeypatch.setattr(narrow, "MIN_RULES", 1)
    monkeypatch.setattr(re2.Set, "SearchSet", lambda options: GivesUp(search_set(options)))
    found = narrowing([(rule.condition, "") for rule in _rules()])
    assert found is not None
    assert list(found(View(event({"A": "nothing"})))) == list(range(len(DETECTIONS)))


def test_what_cannot_be_narrowed_is_asked_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    conditions: list[tuple[Node, str]] = [(rule.condition, "") for rule in _rules()]
    assert narrowing(conditions) is None  # few
    monkeypatch.setattr(narrow, "MIN_RULES", 1)
    monkeypatch.setattr(narrow, "MAX_MEMORY", 1_000)
    assert narrowing(conditions) is None  # more than RE2 may hold
    monkeypatch.setitem(sys.modules, "re2", None)
    assert narrowing(conditions) is None  # not installed


@pytest.mark.parametrize(
    ("detection", "clauses"),
    [
        ("s:\n  A|contains|all: [one, three]\n  B: x\ncondition: s", [{"three"}, {"one"}, {"x"}]),
        ("s:\n  A|contains: [one, two]\ncondition: s", [{"one", "two"}]),
        ("s:\n  A: 'a*bcd?e'\ncondition: s", [{"bcd"}]),
        ("s: {A: one}\nt: {A: null}\ncondition: s or t", []),
        ("s: {A: one}\ncondition: not s", []),
        ("s: {EventID: 1}\ncondition: s", []),
    ],
)
def test_the_clauses_of_a_condition(detection: str, clauses: list[set[str]]) -> None:
    assert clauses_of(compiled(detection).condition, "") == clauses
