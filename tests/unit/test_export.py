"""What an export holds, what it says it cannot, and the command that writes it."""

import csv
import json
import re
import sys
from pathlib import Path

import pytest

from iisight.cli.main import CLEAN, INCOMPLETE, WRONG, main
from iisight.engine.registry import Shape, all_rules, find_rule
from iisight.export.coverage import components_of
from iisight.export.kinds import KINDS, UNSAID, export
from iisight.export.material import SigmaText, sigma_texts
from iisight.export.tables import table
from iisight.model.errors import UsageError
from tests.builders.sigma import rule_text
from tests.dialects import DIALECTS, back_ends_are_there, take_apart

SYSTEM = "{service: system}"
EVENT = rule_text("s:\n  EventID: 29\ncondition: s", logsource="{product: windows, service: iis-configuration}")


def files(kind: str, *rules: str, user: str = "") -> dict[str, bytes]:
    texts = [SigmaText("user", user)] if user else []
    return dict(export(kind, [find_rule(rule) for rule in rules] if rules else all_rules(), texts).files)


def why(user: str, kind: str = "splunk") -> str:
    """Return why a rule of the user's is not exported."""
    back_ends_are_there()
    (unsaid,) = export(kind, (), [SigmaText("user", user)]).unsaid
    assert unsaid.asked
    return unsaid.reason


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_query_parses(dialect: str) -> None:
    back_ends_are_there()
    made = files(dialect)
    queries = {name: data.decode().rstrip("\n") for name, data in made.items() if not name.endswith((".json", ".csv"))}
    assert len(queries) > 35
    for query in queries.values():
        take_apart(dialect, query)
    assert {entry["file"] for entry in json.loads(made["index.json"])} == set(queries)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_export_is_the_same_bytes(kind: str) -> None:
    back_ends_are_there()
    chosen = all_rules(Shape.EVENT)
    assert export(kind, chosen) == export(kind, tuple(reversed(chosen)))
    assert export(kind, chosen) == export(kind, chosen)


def test_every_rule_is_in_the_export_or_named_with_a_reason() -> None:
    texts, unsaid = sigma_texts(all_rules())
    said = {rule for text in texts for rule in text.rules}
    assert said | {each.rule for each in unsaid} == {rule.info.id for rule in all_rules()}
    assert not said & {each.rule for each in unsaid}
    assert all(each.reason != "has no Sigma text" for each in unsaid)
    listed = list(csv.DictReader(files("sigma")[UNSAID].decode().splitlines()))
    assert {row["rule"] for row in listed} == {each.rule for each in unsaid}


def test_the_index_says_which_queries_match_more_than_the_rule() -> None:
    back_ends_are_there()
    entries = {entry["file"]: entry for entry in json.loads(files("splunk", "IIS301", "IIS331")["index.json"])}
    assert entries["worker_tunnels.spl"]["exact"] is True
    near = entries["component_registered-1.spl"]
    assert near["exact"] is False
    assert near["rules"] == ["IIS301"]
    assert "IIS301: A stock module at its place" in near["also_matches"]


def test_a_category_is_asked_of_every_log_that_records_it() -> None:
    back_ends_are_there()
    query = files("kusto", "IIS308")["section_unlocked-1.kql"].decode()
    assert 'Channel =~ "Microsoft-Windows-Sysmon/Operational" and EventID == 1' in query
    assert 'Channel =~ "Security" and EventID == 4688' in query
    assert "NewProcessName endswith" in query


def test_what_one_log_cannot_say_is_left_out_and_named() -> None:
    back_ends_are_there()
    user = rule_text("s:\n  User: x\n  Image: y\ncondition: s")
    made = files("splunk", "IIS331", user=user)
    entry = next(entry for entry in json.loads(made["index.json"]) if entry["file"] == "user.spl")
    assert entry["left_out"] == ["User is put together of several fields in security-4688"]
    assert b"4688" not in made["user.spl"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (rule_text("s:\n  F|re: 'a.*b'\ncondition: s", SYSTEM), "type SigmaRegularExpression are not exported"),
        (rule_text("s:\n  F|fieldref: G\ncondition: s", SYSTEM), "type SigmaFieldReference are not"),
        (rule_text("s:\n  F|expand: '%x%'\ncondition: s", SYSTEM), "placeholder"),
        (rule_text('s:\n  F: "a\\nb"\ncondition: s', SYSTEM), "a line break"),
        (rule_text('s:\n  F: "a\\u3000b"\ncondition: s', SYSTEM), "not seen"),
        (rule_text("s:\n  F: a?b\ncondition: s", SYSTEM), "a wildcard for one character"),
        (rule_text("s:\n  F|cased: a\ncondition: s", SYSTEM), "a value whose case counts"),
        (rule_text("s:\n  'F x': a\ncondition: s", SYSTEM), "other characters than letters"),
        (rule_text("s:\n  NOT: a\ncondition: s", SYSTEM), "a word of the dialect"),
        (rule_text("s:\n  F: a\ncondition: s", "{product: linux}"), "log source linux is not Windows"),
        (rule_text("s:\n  F: a\ncondition: s", "{category: proxy}"), "logs of proxies are no event logs"),
        (rule_text("s:\n  F: a\ncondition: s", "{service: none-such}"), "no channel is known for its log source"),
        (rule_text("s:\n  F: a\ncondition: t", SYSTEM), "Detection 't' not defined"),
        (rule_text("s:\n  EventID: 1\n  eventid: 2\ncondition: s", SYSTEM), "two of its fields are EventCode"),
        (rule_text("s: {}\ncondition: s", SYSTEM), "it is no Sigma rule"),
        ("title: C\ncorrelation: {}\n", "it is a correlation: those are not exported"),
        ("title: F\nfilter: {}\n", "it is a filter: those are not exported"),
        ("- x", "it is no map of YAML"),
        ("a: [", "it is no YAML"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_told_with_the_reason(text: str, reason: str) -> None:
    assert re.search(re.escape(reason), why(text))


@pytest.mark.parametrize(
    ("kind", "detection", "reason"),
    [
        ("kusto", "s:\n  F: a*b\ncondition: s", "a wildcard within a value"),
        ("kusto", "s:\n  F|exists: true\ncondition: s", "a field that is there or not"),
        ("kusto", "s:\n  F|lt: 3\ncondition: s", "compared by their size"),
        ("kusto", "s:\n  - word\ncondition: s", "sought in the whole event"),
        ("eql", "s:\n  F: 'a\\*'\ncondition: s", "a text with one of * ? in it"),
        ("eql", "s:\n  User: a\ncondition: s", "is two fields in the Elastic Common Schema"),
        ("elastic", "s:\n  F: OR\ncondition: s", "the text OR"),
    ],
)
def test_a_dialect_refuses_what_it_would_say_wrongly(kind: str, detection: str, reason: str) -> None:
    assert reason in why(rule_text(detection, SYSTEM), kind)


def test_a_value_of_kusto_is_a_text_and_what_is_missing_is_empty() -> None:
    back_ends_are_there()
    text = rule_text("s:\n  A: 22\n  B: null\n  C: true\n  EventID: 3\ncondition: s", SYSTEM)
    query = dict(export("kusto", (), [SigmaText("u", text)]).files)["u.kql"].decode()
    assert 'A =~ "22" and B =~ "" and C =~ "true" and EventID == 3' in query


def test_the_yara_pack_compiles_and_is_whole() -> None:
    yara_x = pytest.importorskip("yara_x")
    text = files("yara")["iisight.yar"].decode()
    compiled = yara_x.compile(text)
    names = {rule.name for rule in all_rules() if rule.group == "yara"}
    assert set(re.findall(r"^rule (\w+)", text, re.MULTILINE)) == names
    assert {rule.identifier for rule in compiled} >= names
    assert all(f'id = "{rule.info.id}"' in text for rule in all_rules() if rule.group == "yara")


def test_one_yara_rule_brings_the_parts_it_needs() -> None:
    yara_x = pytest.importorskip("yara_x")
    text = files("yara", "IIS269")["iisight.yar"].decode()
    assert re.findall(r"^(?:private )?rule (\w+)", text, re.MULTILINE) == ["iis_component", "iis_raid_commands"]
    assert yara_x.compile(text)


def test_an_export_without_yara_rules_has_no_empty_file() -> None:
    assert "iisight.yar" not in files("yara", "IIS101")


def test_the_layer_has_what_format_4_5_asks_for() -> None:
    (layer,) = (json.loads(data) for data in files("navigator").values())
    assert layer["versions"]["layer"] == "4.5"
    assert tuple(map(int, layer["versions"]["navigator"].split("."))) >= (4, 9, 0)
    assert layer["domain"] == "enterprise-attack"
    assert isinstance(layer["name"], str)
    assert layer["sorting"] in range(4)
    gradient = layer["gradient"]
    assert len(gradient["colors"]) >= 2
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in gradient["colors"])
    assert gradient["maxValue"] > gradient["minValue"]
    for technique in layer["techniques"]:
        assert re.fullmatch(r"T\d{4}(\.\d{3})?", technique["techniqueID"])
        assert 1 <= technique["score"] <= gradient["maxValue"]
        assert technique["score"] == len(technique["comment"].split(", ")) == len(technique["metadata"])
        assert all({"name", "value"} == set(each) for each in technique["metadata"])
    ids = [technique["techniqueID"] for technique in layer["techniques"]]
    assert ids == sorted(set(ids))
    own = next(technique for technique in layer["techniques"] if technique["techniqueID"] == "T1505.004")
    assert own["score"] > 100


def test_the_table_has_each_rule_with_each_technique_and_a_page_that_is_there() -> None:
    rows = list(csv.DictReader(files("coverage")["coverage.csv"].decode().splitlines()))
    wanted = {(rule.info.id, technique) for rule in all_rules() for technique in rule.info.attack}
    assert {(row["rule"], row["technique"]) for row in rows} == wanted
    source = Path(sys.modules["iisight"].__path__[0])
    assert all((source / row["page"]).is_file() for row in rows)
    assert {row["sigma"] for row in rows} == {"exact", "approximation", "none"}
    assert {row["data source"].split()[0] for row in rows} >= {"DS0009", "DS0011", "DS0015", "DS0017", "DS0022"}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.info.id)
def test_every_rule_looks_at_a_data_source(rule: object) -> None:
    assert components_of(rule)  # type: ignore[arg-type]


def test_the_tables_name_rules_that_are_there() -> None:
    ids = {rule.info.id for rule in all_rules()}
    assert {row["rule"] for name in ("approximations", "unsaid") for row in table(name)} <= ids
    assert {row["group"] for row in table("groups")} == {rule.group for rule in all_rules()}


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    back_ends_are_there()
    monkeypatch.setitem(sys.modules, "sigma.backends.splunk", None)
    with pytest.raises(UsageError, match=r"install iisight\[export\]"):
        export("splunk", [find_rule("IIS331")])


def test_sigma_yara_layer_and_table_need_no_pysigma(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] in ("sigma", "yaml")]:
        monkeypatch.setitem(sys.modules, module, None)
    for kind in ("sigma", "yara", "navigator", "coverage"):
        assert files(kind)


def test_an_unknown_kind_and_rules_of_your_own_where_there_are_no_queries() -> None:
    with pytest.raises(UsageError, match="--to nothing: unknown; known: sigma, splunk"):
        export("nothing", ())
    with pytest.raises(UsageError, match="--to yara takes no rules of your own"):
        export("yara", (), [SigmaText("u", EVENT)])


def test_the_command_writes_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "export", "--to", "sigma", "-o", str(tmp_path / "new" / "sigma")]) == CLEAN
    said = capsys.readouterr().out
    assert re.search(r"^not expressed: IIS101, .*: looks at the configuration", said, re.MULTILINE)
    assert re.search(r"^\d+ files in .*sigma; \d+ not expressed$", said, re.MULTILINE)
    assert (tmp_path / "new" / "sigma" / "worker_tunnels.yml").is_file()


def test_what_was_asked_for_by_name_and_not_said_is_status_3(tmp_path: Path) -> None:
    given = ["rules", "export", "--to", "sigma", "-o", str(tmp_path), "--include"]
    assert main([*given, "IIS331"]) == CLEAN
    assert main([*given, "IIS331", "IIS101"]) == INCOMPLETE
    assert main([*given, "IIS999"]) == WRONG


def test_rules_of_your_own_are_exported_under_names_that_stay_in_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back_ends_are_there()
    own = tmp_path / "own"
    own.mkdir()
    (own / "a b;$(x).yml").write_text(EVENT, "utf-8")
    (own / "bad.yml").write_text("title: '\x1b[31m'\n", "utf-8")
    given = [
        "rules",
        "export",
        "--to",
        "kusto",
        "--include",
        "IIS331",
        "-o",
        str(tmp_path / "out"),
        "--rules",
        str(own),
    ]
    assert main(given) == INCOMPLETE
    assert "\x1b" not in capsys.readouterr().out
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"worker_tunnels.kql", "user-0001-a_b___x_.kql", "index.json", UNSAID}


def test_what_cannot_be_read_of_your_own_is_status_3(tmp_path: Path) -> None:
    back_ends_are_there()
    given = ["rules", "export", "--to", "kusto", "-o", str(tmp_path / "out"), "--rules", str(tmp_path / "none.yml")]
    assert main(given) == INCOMPLETE
    assert "none.yml" in (tmp_path / "out" / UNSAID).read_text("utf-8")


def test_a_file_where_the_folder_should_be_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("", "utf-8")
    assert main(["rules", "export", "--to", "sigma", "-o", str(tmp_path / "f")]) == WRONG
