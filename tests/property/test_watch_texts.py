"""Whatever an alert holds: every form of it is one line, one message, one document, and none breaks a sink."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iisight.model.alert import Alert, AlertKind, Concerned
from iisight.model.component import Verdict
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.report.alerts import MAX_FIELD, ecs_line, line
from iisight.watch.queue import encode
from iisight.watch.sinks.eventlog import MAX_STRING, strings
from iisight.watch.sinks.syslog_message import LEAST, Style, message
from iisight.watch.sinks.terminal import TerminalSink
from iisight.watch.sinks.webhook import BODIES
from tests.builders.alerts import alert

_NASTY = '\0\x07\x1b[31m\r\n\t\x7f\x85\x9b\xad\u200b\u202e\u2028\u2029\u2066\ufeff\ud800\udfff"]\\[<>&@|%1=+;, '
_TEXTS = st.one_of(
    st.text(alphabet=st.sampled_from(_NASTY), max_size=40),
    st.text(alphabet=st.characters(), max_size=40),  # lone surrogates among them
    st.sampled_from(["", "\n<13>1 - - - - - - forged", "\ud83d\ude00"]),
)
_PLACES = st.builds(Locator, _TEXTS, st.integers(0, 2**40), st.none(), st.none(), _TEXTS, st.none())
_COMPONENTS = st.builds(
    Concerned, _TEXTS, _TEXTS, _TEXTS, _TEXTS, _TEXTS, st.one_of(st.none(), st.sampled_from(Verdict))
)
_TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(fold=0))
_DRAWN = dict[str, st.SearchStrategy[object]](
    id=st.text(alphabet="0123456789abcdef", min_size=32, max_size=32),
    time=_TIMES,
    host=_TEXTS,
    kind=st.sampled_from(AlertKind),
    severity=st.sampled_from(Severity),
    message=_TEXTS,
    rule=_TEXTS,
    title=_TEXTS,
    also=st.lists(_TEXTS, max_size=2).map(tuple),
    attack=st.lists(_TEXTS, max_size=2).map(tuple),
    locator=st.one_of(st.none(), _PLACES),
    old=_TEXTS,
    new=_TEXTS,
    who=_TEXTS,
    happened=st.one_of(st.none(), _TIMES),
    components=st.lists(_COMPONENTS, max_size=2).map(tuple),
    about=_TEXTS,
)
_ALERTS = st.builds(Alert, **_DRAWN)
_MESSAGE = re.compile(
    rb"<\d{1,3}>1 \S{27} [!-~]{1,255} [!-~]{1,48} - [!-~]{1,32} "
    rb"\[iisight@\d+(?: [a-z]+=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*\] \xef\xbb\xbf[^\x00-\x1f\x7f]*"
)
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def is_one_short_line(sent: Alert) -> None:
    shown = line(sent)
    assert shown.isprintable()
    assert len(shown) < 4_000
    assert shown.encode("utf-8").decode("utf-8") == shown


def is_one_cell_of_a_table(sent: Alert) -> None:
    written = io.StringIO()
    csv.writer(written).writerow([line(sent)])
    assert next(csv.reader(io.StringIO(written.getvalue()))) == [line(sent)]
    assert line(sent)[0].isdigit()  # no spreadsheet takes it for a formula


def is_one_document_that_names_its_alert(sent: Alert) -> None:
    raw = ecs_line(sent)
    assert raw.count(b"\n") == 1
    assert raw.decode("utf-8").removesuffix("\n").isprintable()
    document = json.loads(raw)
    assert document["event"]["id"] == sent.id
    assert all(len(text) <= 6 * MAX_FIELD for text in _strings(document))  # a lone surrogate is six characters
    assert len(raw) < 1_000_000


def is_one_message_of_syslog(sent: Alert) -> None:
    for style in (Style(most=LEAST), Style(), Style(ecs=True)):
        raw = message(sent, style)
        assert len(raw) <= style.most
        assert _MESSAGE.fullmatch(raw)
        assert raw.decode("utf-8").partition("\ufeff")[2].isprintable()


def is_one_row_in_every_terminal(sent: Alert) -> None:
    for encoding, ecs, color in product(("utf-8", "cp1252", "ascii"), (False, True), (False, True)):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding, newline="\n")
        TerminalSink(stream, ecs=ecs, color=color).send([sent])
        (row,) = _ESCAPE.sub("", raw.getvalue().decode(encoding)).split("\n")[:-1]
        assert row.isprintable()


def is_one_of_each_body(sent: Alert) -> None:
    assert len(json.loads(BODIES["array"].write([sent, sent]))) == 2
    assert BODIES["ndjson"].write([sent, sent]).count(b"\n") == 2
    said = json.loads(BODIES["chat"].write([sent, sent]))["text"]
    assert said.count("\n") == 1
    assert not set(said) & set("<>")


def is_an_event_that_windows_takes(sent: Alert) -> None:
    for text in strings(sent):
        assert text.isprintable()
        assert len(text.encode("utf-16-le")) <= 2 * MAX_STRING
        assert not re.search(r"%[%0-9!]", text)


def is_read_from_the_queue_as_it_was(sent: Alert) -> None:
    import msgspec

    came = msgspec.convert(json.loads(encode(sent)), Alert)
    assert _paired(repr(came)) == _paired(repr(sent))


def test_every_field_of_an_alert_is_tried() -> None:
    assert {field.name for field in fields(Alert)} == set(_DRAWN)


FORMS = (
    is_one_short_line,
    is_one_cell_of_a_table,
    is_one_document_that_names_its_alert,
    is_one_message_of_syslog,
    is_one_row_in_every_terminal,
    is_one_of_each_body,
    is_an_event_that_windows_takes,
    is_read_from_the_queue_as_it_was,
)


@pytest.mark.parametrize("holds", FORMS)
@given(sent=_ALERTS)
def test_hostile_text_does_nothing_in_any_form(holds: Callable[[Alert], None], sent: Alert) -> None:
    holds(sent)


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "漢" * 300_000, "🙂" * 300_000, "\n" * 1_000_000, "\ud800" * 100_000]
)
@pytest.mark.parametrize("holds", FORMS)
def test_a_megabyte_of_text_does_nothing_in_any_form(holds: Callable[[Alert], None], text: str) -> None:
    holds(alert(0, text, host=text, rule=text, old=text, new=text, who=text, locator=Locator(text), about=text))


def _paired(text: str) -> str:
    """Return a text in which two surrogates that make a pair are one character, as in JSON."""
    pair = re.compile(r"\\ud([89ab])([0-9a-f]{2})\\ud([c-f])([0-9a-f]{2})")

    def joined(found: re.Match[str]) -> str:
        raw = bytes.fromhex(f"d{found[1]}{found[2]}d{found[3]}{found[4]}")
        return repr(raw.decode("utf-16-be"))[1:-1]

    return pair.sub(joined, text)


def _strings(value: object) -> list[str]:
    match value:
        case dict():
            return [text for item in value.values() for text in _strings(item)]
        case list():
            return [text for item in value for text in _strings(item)]
        case str():
            return [value]
        case _:
            return []
