"""Whatever a regular expression finds has the texts it is said to need."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iisight.model.need import folded
from iisight.sigma.expressions import texts_of
from iisight.sigma.values import expression_of

_chars = st.text("abkS-/ é\\.*(", min_size=1, max_size=4).map(re.escape)
_sets = st.sampled_from(["[ab]", "[^a]", "[]a]", r"[\]b]", r"\d", r"\s", ".", r"\w"])
_atoms: st.SearchStrategy[str] = st.deferred(lambda: _chars | _sets | _groups)
_parts = st.builds(
    lambda atom, times: (
        f"(?:{atom}){times}" if len(atom) > 1 and times and not atom.startswith(("[", "\\", "(")) else atom + times
    ),
    _atoms,
    st.sampled_from(["", "", "?", "*", "+", "{0}", "{0,2}", "{2}", "+?", "{x"]),
)
_sequences = st.lists(_parts, min_size=1, max_size=4).map("".join)
_groups: st.SearchStrategy[str] = st.lists(_sequences, min_size=1, max_size=3).map(lambda each: f"({'|'.join(each)})")
_expressions = st.builds("".join, st.tuples(st.sampled_from(["", "", "(?i)"]), _sequences | _groups))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(st.data())
def test_what_is_found_has_the_texts(data: st.DataObject) -> None:
    expression = data.draw(_expressions)
    text = data.draw(st.from_regex(expression))
    if expression_of(expression)(text):
        assert all(folded(each) in folded(text) for each in texts_of(expression))


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        (r"appcmd(\.exe)?\s+install", ("appcmd", "install")),
        (r"^a\.b\\c$", (r"a.b\c",)),
        ("abc?d*e+f", ("ab", "e", "f")),
        ("ab{2}c{x", ("a", "c{x")),
        ("abc|d", ()),
        ("a(b|c)d", ("a", "d")),
        ("a[b(|]c", ("a", "c")),
        ("a[[:alpha:]]]c", ("a", "]c")),
        (r"abc\x41", ()),
        (r"abc\pL", ()),
        (r"\Qa|b\E", ()),
        ("(?i)Task", ("Ta",)),
        ("(?i)köln", ("ln",)),
        ("", ()),
        ("\\", ()),
        ("[" * 5000 + "(" * 5000, ("[" * 5000,)),
    ],
)
def test_the_texts_of_an_expression(expression: str, texts: tuple[str, ...]) -> None:
    assert texts_of(expression) == texts
