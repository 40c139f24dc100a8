"""Whenever a rule is met by an event, its need holds over the text that a log stores of that event."""

import re
import string

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from iisight.model.event import Event
from iisight.model.need import ALWAYS, holds, literals, squeezed
from iisight.sigma.fields import View
from iisight.sigma.match import Matcher
from iisight.sigma.narrow import clauses_of
from iisight.sigma.needs import need_of
from iisight.sigma.rule import (
    ANY_ONE,
    ANY_RUN,
    Binding,
    Comparison,
    CompiledRule,
    Empty,
    Every,
    Exists,
    Node,
    Not,
    Number,
    Regex,
    SameAs,
    Some,
    Text,
)
from tests.builders.sigma import SYSMON, compiled, event

CHARACTERS = "ab\\-/ \"'<>&^`+é\u212aK\u0130İσΣ1.\n{}%:x"
FIELDS = ("A", "B", "Image", "TargetObject", "IntegrityLevel", "EventID", "Data", "Channel", "")
BINARY = re.compile(
    r"0x[0-9a-f]+|-?\d+|\{[0-9A-Fa-f-]+\}|S(?:-\d+)+|true|false|(?:[0-9A-F]{2})+|[-0-9T:. Z]+", re.IGNORECASE
)

_text = st.text(CHARACTERS, min_size=1, max_size=6)
_values = st.one_of(
    _text, st.text(string.hexdigits, max_size=6), st.sampled_from(["true", "S-1-5-18", "0x1f", "{A-1}"])
)
_field = st.sampled_from(FIELDS)
_named = st.sampled_from(FIELDS[:-1])


def _pattern_of(value: str, cuts: list[tuple[int, int]]) -> tuple[str | int, ...]:
    """Return a pattern that a text is like: pieces of it, with wildcards for others."""
    parts: list[str | int] = []
    for kind, length in cuts:
        piece, value = value[:length], value[length:]
        if kind == 0:
            parts.append(ANY_RUN)
        elif kind == 1:
            parts.extend([ANY_ONE] * len(piece))
        elif piece:
            parts.append(piece)
    return (*parts, ANY_RUN)


_cuts = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=4)


@st.composite
def _leaves(draw: st.DrawFn, event_values: list[str]) -> Node:
    field = draw(_field)
    value = draw(st.sampled_from(event_values) | _values)
    cased = draw(st.booleans())
    return Text(field, _pattern_of(value if cased else _folded(value), draw(_cuts)), cased)


def _folded(value: str) -> str:
    from iisight.model.need import folded

    return folded(value)


def _others() -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Number, _named, st.sampled_from(Comparison), st.integers(0, 40)),
        st.builds(Exists, _named),
        st.builds(Empty, _named),
        st.builds(SameAs, _named, _named, st.booleans(), st.booleans()),
        st.builds(
            Regex, _field, st.sampled_from(["a+", "(?i)B", ".", "x|é", "b-?/", "(?i)k", "a(b)?", "-[ab]x", r"\\"])
        ),
    )


@st.composite
def _asked(draw: st.DrawFn) -> tuple[CompiledRule, Event]:
    values = draw(
        st.dictionaries(st.sampled_from(["A", "B", "ObjectName", "ObjectValueName", "param1"]), _values, min_size=1)
    )
    leaves = st.one_of(_leaves(list(values.values())), _others())
    tree = st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Every(tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Some(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=6,
    )
    channels = st.sampled_from(["", SYSMON, "Security"])
    mappings = st.sampled_from(["", "security-4657", "security-4688"])
    bindings = draw(st.lists(st.builds(lambda c, m: Binding(c, mapping=m), channels, mappings), min_size=1, max_size=2))
    rule = CompiledRule("k", "t", draw(tree), tuple(bindings))
    return rule, event(values, channel=draw(st.sampled_from([SYSMON, "Security"])))


def _stored(asked: Event) -> str:
    """Return what a record stores as text, worst case: no value that could be kept in binary."""
    texts = [value for value in asked.fields.values() if not BINARY.fullmatch(value)]
    return squeezed("\0".join([asked.channel, *texts]))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(_asked())
def test_a_rule_that_is_met_has_what_it_needs(asked: tuple[CompiledRule, Event]) -> None:
    rule, one = asked
    assume(Matcher([rule]).hits(one))
    need, text = need_of(rule), _stored(one)
    assert holds(need, {each for each in literals(need) if each in text})


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(_asked())
def test_a_rule_that_is_met_is_among_those_asked(asked: tuple[CompiledRule, Event]) -> None:
    rule, one = asked
    for binding in rule.bindings:
        if Matcher([CompiledRule("k", "t", rule.condition, (binding,))]).hits(one):
            clauses = clauses_of(rule.condition, binding.mapping)
            text = View(one).text
            assert all(any(each in text for each in clause) for clause in clauses)


def test_a_need_is_not_empty_where_a_rule_asks_for_text() -> None:
    need = need_of(compiled("s:\n  CommandLine|contains|all: [appcmd, ' module']\ncondition: s"))
    assert need != ALWAYS
    assert {"appcmd", "module", squeezed(SYSMON)} <= set(literals(need))
    assert not holds(need, {squeezed(SYSMON), "security", "appcmd"})


def test_a_regular_expression_asks_for_its_plain_text() -> None:
    need = need_of(compiled(r"s:\n  F|re: 'appcmd(\.exe)?\s+install x?module'\ncondition: s".replace(r"\n", "\n")))
    assert {"appcmd", "install", "module"} <= set(literals(need))


def test_what_may_be_stored_in_binary_is_not_asked_for() -> None:
    for value in ("S-1-5-18", "0x1f", "{A0-1F}", "true", "2026-01-02T", "123", "dead"):
        need = need_of(compiled(f"s:\n  F|contains: '{value}'\ncondition: s"))
        assert set(literals(need)) <= {squeezed(SYSMON), "security"}, value
