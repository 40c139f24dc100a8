"""YARA: compiled once, the user's mistakes named, matches told with their places."""

import builtins
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yara_x

from iisight.engine.registry import all_rules
from iisight.engine.yara_rules import info_of
from iisight.examine import yara
from iisight.examine.yara import NOT_INSTALLED, OWN, Compiled, Scan, Scanner, compile_rules
from iisight.examine.yara_sources import MAX_BYTES, own_rules, read_rules, rule_at, split_rules
from iisight.model.examination import YaraMatch, YaraString
from iisight.workbench.pe import PeSpec, build

GOOD = 'rule good { strings: $text = "needle" condition: $text }'


def scan(data: bytes, **files: str) -> Scan:
    return Scanner(compile_rules(files.items())).scan(data)


def problems(text: str) -> tuple[str, ...]:
    return compile_rules([("team.yar", text)]).problems


def names(found: Scan) -> list[str]:
    return [match.rule for match in found.matches]


def test_a_match_carries_rule_file_place_and_text() -> None:
    expected = YaraMatch("good", "team", (YaraString("$text", 4, "needle"),))
    assert scan(b"hay needle", team=GOOD).matches == (expected,)


def test_bytes_that_cannot_be_printed_are_escaped() -> None:
    found = scan(b"a\x00\n\xffb", team="rule r { strings: $raw = { 61 00 0A FF 62 } condition: $raw }")
    assert found.matches[0].strings[0].text == r"a\x00\x0a\xffb"


def test_long_strings_are_cut() -> None:
    found = scan(b"<" + b"a" * 500 + b">", team="rule r { strings: $long = /<a{500}>/ condition: $long }")
    assert len(found.matches[0].strings[0].text) == yara.MAX_TEXT


def test_every_string_of_a_rule_is_shown_before_the_second_place_of_one() -> None:
    rule = 'rule r { strings: $many = "needle" $last = "thread" condition: all of them }'
    found = scan(b"needle" * 100 + b"thread", team=rule).matches[0].strings
    assert [s.identifier for s in found[:2]] == ["$many", "$last"]


def test_strings_shown_are_bounded() -> None:
    assert len(scan(b"needle" * 100, team=GOOD).matches[0].strings) == yara.MAX_STRINGS


def test_conditions_may_count_more_than_is_shown() -> None:
    rule = 'rule r { strings: $many = "needle" condition: #many == 100 }'
    assert names(scan(b"needle" * 100, team=rule)) == ["r"]


def test_meta_is_text() -> None:
    rule = 'rule r { meta: severity = "high" score = 7 active = true condition: true }'
    assert scan(b"", team=rule).matches[0].meta == (("severity", "high"), ("score", "7"), ("active", "true"))


def test_rules_of_the_same_name_in_two_files_both_count() -> None:
    assert [m.source for m in scan(b"needle", one=GOOD, two=GOOD).matches] == ["one", "two"]


def test_a_file_named_like_us_does_not_speak_for_us() -> None:
    assert [m.source for m in scan(b"needle", **{OWN: GOOD}).matches] == [f"./{OWN}"]


def test_matches_shown_are_bounded_and_the_rest_is_counted() -> None:
    rules = " ".join(f"rule r{number} {{ condition: true }}" for number in range(yara.MAX_MATCHES + 3))
    found = scan(b"", team=rules)
    assert (len(found.matches), found.notes) == (256, ("3 further YARA rules match; they are not shown",))


def test_a_rule_that_does_not_compile_is_named() -> None:
    assert problems("\nrule bad { condition: $missing }") == (
        "team.yar:2: rule 'bad': unknown pattern `$missing`: this pattern is not declared in the `strings` section",
    )


@pytest.mark.parametrize(
    "bad",
    [
        "rule bad { condition: $missing }",
        "rule bad { conditon: true }",
        "rule bad {",
        'rule bad { strings: $a = "x" condition: cuckoo.sync.mutex($a) }',
    ],
)
def test_a_rule_that_does_not_compile_costs_itself_alone(bad: str) -> None:
    other = GOOD.replace("good", "other")
    compiled = compile_rules([("team.yar", f"{GOOD}\n{bad}\n{other}")])
    assert (names(Scanner(compiled).scan(b"needle")), len(compiled.problems)) == (["good", "other"], 1)


def test_a_file_that_does_not_compile_costs_itself_alone() -> None:
    assert names(scan(b"needle", broken="no rule at all", team=GOOD)) == ["good"]


def test_includes_are_refused() -> None:
    (problem,) = problems(f'include "/etc/passwd"\n{GOOD}')
    assert problem == "team.yar:1: include statements not allowed: includes are disabled for this compilation"


def test_two_rules_of_one_name_are_named() -> None:
    (problem,) = problems(f"{GOOD}\n{GOOD}")
    assert problem.startswith("team.yar:2: rule 'good': duplicate rule `good`")


def test_rules_in_comments_stay_off_when_the_file_is_split() -> None:
    text = f"/* rule off {{ condition: true }} */\nrule bad {{\n// {GOOD}\n"
    assert names(Scanner(compile_rules([("team.yar", text)])).scan(b"needle")) == []


def test_split_rules_keep_their_lines() -> None:
    pieces = list(split_rules('import "pe"\n\nrule a { condition: true }\nprivate rule b { condition: true }\n'))
    assert pieces == [
        'import "pe"\n\nrule a { condition: true }\n',
        'import "pe"\n\n\nprivate rule b { condition: true }\n',
    ]


def test_a_line_before_all_rules_is_of_none() -> None:
    assert rule_at(f"// nothing\n{GOOD}", 1) == ""


def test_a_users_rule_that_takes_too_long_costs_the_users_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = Scanner(compile_rules([("team.yar", GOOD)]))
    monkeypatch.setattr(scanner, "_scanner", _Slow())
    found = scanner.scan(module("SM_SESSION="))
    assert (names(found), found.notes) == (
        ["session_manager_cookie"],
        ("the user's YARA rules were not run: they took longer than 5 s",),
    )


def test_rules_of_ours_that_take_too_long_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = Scanner(compile_rules())
    monkeypatch.setattr(scanner, "_scanner", _Slow())
    assert scanner.scan(b"").notes == ("YARA rules were not run: they took longer than 5 s",)


def test_without_yara_x_it_is_said_that_nothing_was_run(monkeypatch: pytest.MonkeyPatch) -> None:
    _hide_yara_x(monkeypatch)
    compiled = compile_rules([("team.yar", GOOD)])
    assert (compiled, Scanner(compiled).scan(b"needle")) == (
        Compiled(b"", problems=(NOT_INSTALLED,)),
        Scan(notes=(NOT_INSTALLED,)),
    )


def test_strings_of_abilities_are_found_in_ascii_and_wide() -> None:
    found = scan(b"xx" + b"Googlebot" + b"xx" + "bingbot".encode("utf-16-le"))
    assert [(s.text, s.offset) for s in found.strings] == [("Googlebot", 2), ("bingbot", 13)]


def test_strings_of_abilities_keep_their_backslashes() -> None:
    assert [s.text for s in scan(rb"C:\windows\TEMP\x").strings] == ["\\Windows\\Temp\\"]


def test_rule_files_of_a_folder_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.yar", "sub/a.YARA", "notes.txt"):
        (tmp_path / name).write_text(GOOD)
    texts, troubles = read_rules([tmp_path])
    assert ([name for name, _ in texts], troubles) == ([str(tmp_path / "b.yar"), str(tmp_path / "sub" / "a.YARA")], ())


def test_a_folder_without_rules_is_named(tmp_path: Path) -> None:
    (_, (problem,)) = read_rules([tmp_path])
    assert problem.startswith(f"{tmp_path}: no file named *.yar")


def test_a_file_that_cannot_be_read_as_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yar").write_bytes(b"rule \xff")
    assert read_rules([tmp_path / "x.yar"]) == ((), (f"{tmp_path / 'x.yar'}: not UTF-8 at byte 5",))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (_, (problem,)) = read_rules([tmp_path / "x.yar"])
    assert problem.startswith(f"{tmp_path / 'x.yar'}: ")


def test_a_file_that_is_too_long_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yar").write_bytes(b" " * (MAX_BYTES + 1))
    (_, (problem,)) = read_rules([tmp_path / "x.yar"])
    assert problem == f"{tmp_path / 'x.yar'}: longer than 16,777,216 bytes; not read"


def test_compiled_rules_are_the_same_bytes_each_time() -> None:
    assert compile_rules([("team.yar", GOOD)]) == compile_rules([("team.yar", GOOD)])


def _pack() -> Mapping[str, str]:
    return {name: text for name, text in own_rules() if not name.startswith("_")}


@pytest.mark.parametrize("name", _pack())
def test_a_rule_of_the_pack_is_named_as_its_file(name: str) -> None:
    assert f"\nrule {name} {{\n" in f"\n{_pack()[name]}"


@pytest.mark.parametrize("name", _pack())
def test_what_is_read_of_meta_is_what_yara_reads(name: str) -> None:
    text = _pack()[name]
    compiler = yara_x.Compiler()
    compiler.add_source(text.partition("strings:")[0] + "condition: true }")
    meta = dict(compiler.build().scan(b"").matching_rules[0].metadata)
    info = info_of(text)
    assert (meta["id"], meta["title"], meta["attack"]) == (info.id, info.title, ", ".join(info.attack))


@pytest.mark.parametrize("name", _pack())
def test_a_rule_of_the_pack_gives_its_reference(name: str) -> None:
    assert "reference = " in _pack()[name]


def test_every_rule_of_the_pack_is_a_rule() -> None:
    assert {rule.name for rule in all_rules() if rule.group == "yara"} == set(_pack())


def test_ids_of_the_pack_are_of_its_block() -> None:
    assert all("IIS260" <= rule.info.id <= "IIS279" for rule in all_rules() if rule.group == "yara")


def test_the_pack_does_not_match_texts_about_malware() -> None:
    assert scan("\n".join(text for _, text in own_rules()).encode()).matches == ()


def test_the_pack_does_not_match_a_program() -> None:
    spec = PeSpec(dll=False, exports=("RegisterModule",), strings=("SM_SESSION=",))
    assert scan(build(spec)).matches == ()


def module(*strings: str) -> bytes:
    return build(PeSpec(exports=("RegisterModule",), strings=strings))


class _Slow:
    def scan(self, _data: bytes) -> None:
        raise yara_x.TimeoutError("timeout")


def _hide_yara_x(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: object, **named: object) -> object:
        if name == "yara_x":
            raise ImportError(name)
        return real(name, *args, **named)  # type: ignore[arg-type]  # handed on as it came

    yara._own.cache_clear()
    monkeypatch.delitem(sys.modules, "yara_x")
    monkeypatch.setattr(builtins, "__import__", refuse)
