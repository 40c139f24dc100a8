"""The report as JSON: exact, deterministic, and plain about what it cannot read."""

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import jsonschema  # type: ignore[import-untyped]
import pytest

from iisight.model.component import Kind
from iisight.model.errors import ParseError, UsageError
from iisight.report.json import decode, encode, schema, schema_text
from tests.builders import reports

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "schema" / "report-1.2.schema.json"


def as_json() -> dict[str, object]:
    loaded: dict[str, object] = json.loads(encode(reports.sample()))
    return loaded


def test_a_rich_report_comes_back_exactly() -> None:
    assert decode(encode(reports.sample())) == reports.sample()


def test_an_empty_report_comes_back_exactly() -> None:
    assert decode(encode(reports.report())) == reports.report()


def test_hostile_names_come_back_exactly_but_for_lone_surrogates() -> None:
    name = "a\x00\x1b[2J\x9b\u202e\u2028\U000e0041é漢\\u202e"
    report = reports.report([reports.judged(name)])
    assert decode(encode(report)) == report


def test_the_same_report_gives_the_same_bytes() -> None:
    assert encode(decode(encode(reports.sample()))) == encode(reports.sample())


def test_options_are_written_in_the_order_of_their_names() -> None:
    turned = replace(reports.OUTSIDE, options=dict(reversed(list(reports.OUTSIDE.options.items()))))
    assert encode(reports.report(rules=(turned,))) == encode(reports.report(rules=(reports.OUTSIDE,)))


def test_options_in_a_read_only_mapping_are_written() -> None:
    frozen = replace(reports.OUTSIDE, options=MappingProxyType(reports.OUTSIDE.options))
    assert encode(reports.report(rules=(frozen,))) == encode(reports.report(rules=(reports.OUTSIDE,)))


def test_it_is_indented_by_two_and_ends_with_a_newline() -> None:
    raw = encode(reports.report())
    assert raw.startswith(b'{\n  "schema": "1.2",\n  "version": "0.1.0"')
    assert raw.endswith(b"}\n")


def test_enums_are_values_and_times_are_iso() -> None:
    implant = as_json()["components"][0]  # type: ignore[index]
    assert implant["verdict"] == "malicious"
    assert implant["component"]["kind"] == Kind.NATIVE_MODULE.value
    assert implant["component"]["binary"]["modified"] == "2024-03-09T02:14:07.123456Z"


def test_letters_of_any_script_are_written_as_they_are() -> None:
    assert "é漢".encode() in encode(reports.report(evidence="é漢"))


@pytest.mark.parametrize("character", ["\x1b", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\u2028", "\U000e0041"])
def test_nothing_that_a_terminal_obeys_is_written_raw(character: str) -> None:
    assert character not in encode(reports.report(evidence=f"a{character}b")).decode()


def test_a_lone_surrogate_is_written_out() -> None:
    raw = encode(reports.report([reports.judged("a\udc80b")], evidence="\ud83d"))
    back = decode(raw)
    assert (back.evidence, back.components[0].component.name) == (r"\ud83d", r"a\udc80b")


def test_a_lone_surrogate_changes_nothing_else() -> None:
    odd = replace(reports.sample(), evidence="\udc80")
    assert decode(encode(odd)) == replace(reports.sample(), evidence=r"\udc80")


def test_the_schema_in_the_documentation_is_the_one_generated() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text().decode()


def test_the_schema_is_a_valid_one_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_says_what_it_is() -> None:
    found = schema()
    assert (found["$id"], found["$ref"]) == ("urn:iisight:report:1.2", "#/$defs/Report")


def test_a_report_satisfies_the_schema() -> None:
    jsonschema.Draft202012Validator(schema()).validate(as_json())


def test_a_newer_minor_version_is_read_without_what_it_adds() -> None:
    newer = {**as_json(), "schema": "1.7", "moods": [1]}
    assert decode(json.dumps(newer).encode()) == replace(reports.sample(), schema="1.7")


def test_another_major_version_is_refused() -> None:
    with pytest.raises(UsageError) as error:
        decode(b'{"schema": "2.0", "all": "different"}', "old.json")
    assert str(error.value) == "old.json: the report has schema 2.0, this iisight reads 1.x"


def test_a_version_that_is_none_is_no_report() -> None:
    with pytest.raises(ParseError) as error:
        decode(b'{"schema": "https://json-schema.org"}')
    assert str(error.value) == "report: expected a report with schema 1.2, found 'https://json-schema.org'"


def test_an_unknown_value_of_a_newer_version_says_so() -> None:
    newer = {**as_json(), "schema": "1.7", "gaps": [{"kind": "eaten", "subject": "", "reason": ""}]}
    with pytest.raises(ParseError, match=r"'eaten' - at `\$.gaps.*\(schema 1\.7, this iisight knows 1\.2\)$"):
        decode(json.dumps(newer).encode())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "report+0x0: damaged JSON: Input data was truncated"),
        (b'{"schema": "1.0"', "report+0x10: damaged JSON: Input data was truncated"),
        (b'{"schema": "1.0", x}', "report+0x12: damaged JSON: JSON is malformed: object keys must be strings"),
        (b"PK\x03\x04", "report+0x0: damaged JSON: JSON is malformed: invalid character"),
        (b"[]", "report: not a report of iisight: Expected `object`, got `array`"),
        (b"{}", "report: not a report of iisight: Object missing required field `schema`"),
        (b'{"schema": 1}', "report: not a report of iisight: Expected `str`, got `int` - at `$.schema`"),
        (b'{"schema": "1.2"}', "report: not a report of iisight: Object missing required field `version`"),
        (b'{"schema": "1.0\xff"}', "report: damaged JSON: not UTF-8 (invalid start byte)"),
        (b'{"x": ' + b"[" * 100_000, "report: damaged JSON: nested too deep"),
    ],
    ids=["empty", "cut-off", "malformed", "zip", "array", "object", "number", "head-alone", "not-utf-8", "deep"],
)
def test_what_is_no_report_is_refused_with_the_place(data: bytes, message: str) -> None:
    with pytest.raises(ParseError) as error:
        decode(data)
    assert str(error.value) == message
