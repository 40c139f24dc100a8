"""What becomes of a text: compiled, or named with the reason; never dropped."""

import pytest

from iisight.sigma.match import Matcher
from iisight.sigma.rule import Note, NotEvaluated, RuleSet, Stored, decode, encode
from tests.builders.sigma import event, rule_text, ruleset

PLAIN = "selection:\n  F: x\ncondition: selection"
UUID = "11111111-2222-4333-8444-555555555555"


def test_a_rule_keeps_what_its_author_says() -> None:
    text = rule_text(
        PLAIN,
        id=UUID,
        name="own",
        level="high",
        status="deprecated",
        description="Why.",
        tags="[attack.t1505.004]",
        falsepositives="[Administrators]",
        iisight="{id: IIS399, confidence: low, mechanisms: [L-01], message: 'ran {F}'}",
    )
    (rule,) = ruleset(text).rules
    assert (rule.key, rule.uuid, rule.name, rule.level, rule.status) == (UUID, UUID, "own", "high", "deprecated")
    assert (rule.description, rule.tags, rule.false_positives) == ("Why.", ("attack.t1505.004",), ("Administrators",))
    assert rule.note == Note("IIS399", "low", ("L-01",), "ran {F}")


def test_json_gives_back_what_was_written() -> None:
    detection = "a:\n  F|contains|all: [x, 'y?*z']\n  G|lt: 2.5\n  H|cidr: 10.0.0.0/8\n  I|re|i: a\n  J: null\n"
    detection += "  K|exists: false\n  L|fieldref|endswith: M\n  N|hour: 3\n  O|cased: X\ncondition: not a or 1 of a*"
    rules = ruleset(rule_text(detection, id=UUID))
    assert len(rules.rules) == 1
    assert decode(encode(Stored("x", rules))) == Stored("x", rules)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (rule_text("a:\n  F|expand: '%admins%'\ncondition: a"), "placeholder %admins% has no value here"),
        (rule_text("a:\n  F|re: '(?=x)'\ncondition: a"), "invalid"),
        (rule_text("a:\n  F|nosuch: x\ncondition: a"), "Unknown modifier 'nosuch'"),
        (rule_text("a:\n  F: x\ncondition: a | count() > 5"), "pipe syntax"),
        (rule_text("a:\n  F: x\ncondition: b"), "Detection 'b' not defined"),
        (rule_text("a:\n  F: x\ncondition: 1 of b*"), "doesn't match any detection"),
        (rule_text("a:\n  F: x\ncondition: (a"), "syntax error"),
        (rule_text("a:\n  Level: 4\ncondition: a"), "field Level: the level of a record is not read"),
        (rule_text("a:\n  F|cidr: x\ncondition: a"), "Invalid CIDR"),
        (rule_text("a:\n  F: x"), "at least one condition"),
        (rule_text(PLAIN, logsource="{product: linux}"), "log source linux is not Windows"),
        (rule_text(PLAIN, iisight="{id: IIS399}"), "`iisight:` must give id and confidence"),
        (rule_text("a:\n  F: x\ncondition: " + "(" * 101 + "a" + ")" * 101), "its condition is too long"),
        ("title: T\n", "Sigma rule must have a log source"),
        ("title: [", "it is no YAML"),
        ("- a\n- b\n", "it is no map of YAML"),
        ("x", "it is no map of YAML"),
        ("title: T\ntitle: U\n", "the same key twice: title"),
        ("a: " + "[" * 30 + "]" * 30, "nested too deep"),
        ("title: T\n" + "#" * 1_048_576, "longer than 1,048,576 characters"),
        ("title: T\naction: merge\n", "unknown action 'merge'"),
        ("title: T\x00\n", "it is no YAML"),
        ("logsource: 3\ndetection: {a: {b: c}, condition: a}\n", "log"),
        ("logsource: {product: windows}\ndetection: 3\n", "map"),
        ("logsource: {product: windows}\nid: 5\ndetection: {a: {b: c}, condition: a}\n", "it is no Sigma rule"),
    ],
)
def test_what_is_not_evaluated_is_named_with_the_reason(text: str, reason: str) -> None:
    rules = ruleset(text)
    assert rules.rules == ()
    (failed,) = rules.not_evaluated
    assert failed.name.startswith("0.yml")
    assert reason in failed.reason


def test_aliases_that_multiply_are_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    (failed,) = ruleset(bomb + rule_text("a:\n  F: *a8\ncondition: a")).not_evaluated
    assert "alias" in failed.reason or "too large" in failed.reason


def test_one_bad_document_costs_itself() -> None:
    rules = ruleset(rule_text(PLAIN, id=UUID) + "---\n- no rule\n---\n" + rule_text(PLAIN, name="second"))
    assert [rule.key for rule in rules.rules] == [UUID, "second"]
    assert rules.not_evaluated == (NotEvaluated("0.yml#2", "it is no map of YAML"),)


def test_what_is_only_told_of_a_rule_may_be_wrong() -> None:
    text = rule_text(PLAIN, id="no-uuid", date="'yesterday'", level="grave", status="odd", tags="[x]")
    (rule,) = ruleset(text).rules
    assert Matcher([rule]).hits(event({"F": "x"}))


def test_a_second_rule_of_an_id_is_named() -> None:
    rules = ruleset(rule_text(PLAIN, id=UUID), rule_text(PLAIN, id=UUID, title="Other"))
    assert len(rules.rules) == 1
    assert rules.not_evaluated == (NotEvaluated("1.yml: Other", f"id {UUID} is taken by 0.yml"),)


def test_rules_without_an_id_are_told_apart() -> None:
    rules = ruleset(rule_text(PLAIN) + "---\n" + rule_text(PLAIN), rule_text(PLAIN))
    assert [rule.key for rule in rules.rules] == ["0.yml#1", "0.yml#2", "1.yml"]


def test_a_collection_shares_what_is_global_and_repeats() -> None:
    head = "action: global\ntitle: G\nlogsource: {product: windows, service: sysmon}\ndetection: {condition: a}\n"
    first, second = "detection: {a: {F: x}}\n", "action: repeat\ndetection: {a: {F: y}}\n"
    rules = ruleset(f"{head}---\n{first}---\n{second}---\naction: reset\n---\ndetection: {{a: {{F: z}}}}\n")
    matcher = Matcher(rules.rules)
    assert matcher.hits(event({"F": "x"})) == ("0.yml#2",)
    assert matcher.hits(event({"F": "y"})) == ("0.yml#3",)
    assert [failed.name for failed in rules.not_evaluated] == ["0.yml#5"]


def test_a_filter_reaches_rules_of_other_files() -> None:
    rule = rule_text(PLAIN, id=UUID)
    excluded = "title: F\nlogsource: {product: windows, category: process_creation}\n"
    excluded += f"filter:\n  rules: [{UUID}]\n  own: {{User: admin}}\n  condition: not own\n"
    matcher = Matcher(ruleset(rule, excluded).rules)
    assert matcher.hits(event({"F": "x", "User": "other"}))
    assert not matcher.hits(event({"F": "x", "User": "admin"}))


def test_nothing_makes_nothing() -> None:
    assert ruleset() == ruleset("", "---\n") == RuleSet()
