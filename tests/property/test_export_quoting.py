"""Nothing in a rule breaks out of the query that is made of it: values, fields, names, log sources, titles."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from iisight.export.conversion import Dialect, query_of
from iisight.export.dialects import elastic, kusto, splunk, sqlite
from iisight.export.made import CannotSayError
from iisight.model.event import Event
from iisight.report.safe import is_seen
from tests.dialects import DIALECTS, TEXT, back_ends_are_there, take_apart
from tests.oracles.sigma_sql import Table

MODIFIERS = ("", "|contains", "|startswith", "|endswith")
ROUNDS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HOSTILE = (
    '" or 1==1 //', "' OR 1=1 --", '\\" | delete', "\\", "a\\", '\\\\"', "AND", "OR", "NOT", "TO", "a AND b",
    "a\u3000OR\u3000b", "x\n| where true", "x\r\nOR y", "*", "?", "a*b", "[ | x ]", "`macro`", "$token$", "{x}",
    ") OR (F:*", "/.*/", "<x>", ">5", "[1 TO 2]", "x~2", "x^4", "-x", "+x", "!x", "&&", "||", "F:x", '"""', "%", "_",
    "%'", "''", "\u202e", "\x00", "\u2028", "é", "𝒳", "\ud800", " ", "h'x'", '@"x\\"', "```x```", "//x", "/*x*/", ";",
    "#", "not", "null", "true", "0x10", "1", "1e5", "?x == null", "any where true",
)  # fmt: skip
WORDS = (
    "and", "or", "not", "in", "is", "like", "null", "true", "false", "where", "any", "by", "of", "with", "sequence",
    "join", "until", "sample", "to", "between", "contains", "has", "as", "matches", "extend", "project", "select",
    "from", "case", "exists", "kind", "time", "date", "title", "first", "last", "filter", "set", "group", "having",
    "table", "xor", "user", "image", "type", "name", "value", "key", "path", "status", "collate", "escape", "glob",
    "regexp", "match", "within",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.sampled_from("\"'\\`|*?()[]{}<>/:=~^!&-+ $%_;#@,.aN\n\u3000"), min_size=1, max_size=12),
    st.text(min_size=1, max_size=20),
    st.tuples(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE)).map("".join),
)


@pytest.fixture(autouse=True)
def _back_ends() -> None:
    back_ends_are_there()


def dialect_of(name: str) -> Dialect:
    makers = {
        "splunk": splunk.dialect,
        "elastic": elastic.dialect,
        "eql": elastic.eql,
        "kusto": kusto.dialect,
        "sqlite": sqlite.dialect,
    }
    return makers[name]()


def document(value: object, field: str = "F", modifier: str = "") -> dict[str, Any]:
    detection = {"one": {f"{field}{modifier}": value}, "condition": "one"}
    return {"title": "t", "logsource": {"product": "windows", "service": "system"}, "detection": detection}


def literally(text: str) -> str:
    r"""Return a Sigma value that is a text, without wildcards: `*`, `?` and `\` are escaped."""
    return re.sub(r"([\\*?])", r"\\\1", text)


def shape_of(dialect: str, given_document: dict[str, Any]) -> tuple[str, ...]:
    return take_apart(dialect, query_of(given_document, dialect_of(dialect)).text)[0]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(value=texts, modifier=st.sampled_from(MODIFIERS))
@example(value="a\u3000OR\u3000b", modifier="|contains")
@example(value="OR", modifier="")
@example(value="\\", modifier="|endswith")
@example(value='\\"', modifier="")
@ROUNDS
def test_a_value_stays_one_text(dialect: str, value: str, modifier: str) -> None:
    try:
        query = query_of(document(literally(value), modifier=modifier), dialect_of(dialect)).text
    except CannotSayError:
        return
    assert all(map(is_seen, value))
    assume(dialect != "elastic" or not value.startswith("'"))  # luqum takes no term that begins so; Lucene does
    shape, found = take_apart(dialect, query)
    plain = {shape_of(dialect, document(sample, modifier=modifier)) for sample in ("x", "x y", "x%")}
    assert shape in plain, query
    assert any(value in text or value in re.sub(r"\\(.)", r"\1", text) for text in found), query


@given(value=texts, modifier=st.sampled_from(MODIFIERS))
@ROUNDS
def test_sql_finds_the_value_itself_and_nothing_else(value: str, modifier: str) -> None:
    try:
        query = query_of(document(literally(value), modifier=modifier), sqlite.dialect()).text
    except CannotSayError:
        return
    other = {"": f"{value}~", "|contains": "\u2020", "|startswith": f"~{value}", "|endswith": f"{value}~"}[modifier]
    assume(not other.lower().startswith(value.lower()) or modifier != "|startswith")
    assume(not other.lower().endswith(value.lower()) or modifier != "|endswith")
    events = [Event("p", "System", 1, None, fields={"F": text}) for text in (value, other)]
    assert Table(events).ask(query.partition(" WHERE ")[2]) == {0}


@pytest.mark.parametrize("dialect", DIALECTS)
@given(field=st.one_of(texts, st.sampled_from(WORDS), st.from_regex(r"[A-Za-z_]\w{0,8}", fullmatch=True)))
@ROUNDS
def test_a_field_is_a_plain_name_or_refused(dialect: str, field: str) -> None:
    assume("|" not in field)  # what follows is a modifier
    try:
        query = query_of(document("x", field), dialect_of(dialect)).text
    except CannotSayError:
        return
    assert re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", field)
    take_apart(dialect, query)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(told=texts)
@ROUNDS
def test_what_a_rule_tells_of_itself_is_not_in_its_query(dialect: str, told: str) -> None:
    texts_of = dict.fromkeys(("title", "description", "id", "author", "level", "status", "date", "name"), told)
    lists_of = {name: [told] for name in ("falsepositives", "references", "tags", "fields")}
    query = query_of({**document("x"), **texts_of, **lists_of}, dialect_of(dialect)).text
    assert query == query_of(document("x"), dialect_of(dialect)).text


@pytest.mark.parametrize("dialect", DIALECTS)
@given(source=texts, key=st.sampled_from(["product", "category", "service"]))
@ROUNDS
def test_a_log_source_that_no_table_has_is_refused(dialect: str, source: str, key: str) -> None:
    with pytest.raises(CannotSayError, match="log source"):
        query_of({**document("x"), "logsource": {key: source}}, dialect_of(dialect))


@pytest.mark.parametrize("dialect", ["splunk", "elastic"])
@given(value=texts)
@ROUNDS
def test_a_keyword_stays_one_text(dialect: str, value: str) -> None:
    detection = {"words": [literally(value)], "condition": "words"}
    try:
        query = query_of({**document("x"), "detection": detection}, dialect_of(dialect)).text
    except CannotSayError:
        return
    assume(dialect != "elastic" or not value.startswith("'"))
    shape, found = take_apart(dialect, query)
    plain = {**document("x"), "detection": {"words": ["x"], "condition": "words"}}
    assert shape == shape_of(dialect, plain), query
    assert any(value in text for text in found)


def test_the_shape_has_a_text_for_each_value() -> None:
    assert shape_of("splunk", document(["x", "y"])).count(TEXT) == 3  # and the source
