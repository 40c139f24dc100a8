"""Sigma that says nearly what a rule says is met by every event the rule fires on, and says what else meets it."""

import pytest

from iisight.engine.registry import Rule, Shape, all_rules, find_rule
from iisight.export.material import approximations, sigma_texts
from iisight.export.tables import table
from iisight.sigma.compile import compile_texts
from iisight.sigma.documents import read_documents
from iisight.sigma.match import Matcher
from iisight.sigma.rule import RuleSet
from iisight.workbench.check import _activities
from iisight.workbench.event_blocks import events_of
from iisight.workbench.pages import parse_page

ROWS = table("approximations")
TEXTS = approximations()


def compiled(name: str) -> RuleSet:
    return compile_texts([(name, TEXTS[name])])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["rule"])
def test_every_event_a_rule_fires_on_is_met(row: dict[str, str]) -> None:
    rule, matcher = find_rule(row["rule"]), Matcher(compiled(row["approximation"]).rules)
    fired = 0
    for case in parse_page(rule.page()).cases:
        for activity in _activities(case):
            if any(rule.check(activity, dict(rule.info.options))):
                fired += 1
                event = activity.event
                assert matcher.hits(event), f"{case.title}: {event.channel} {event.id} {dict(event.fields)}"
    assert fired


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["rule"])
def test_the_table_names_the_quiet_cases_that_are_met_all_the_same(row: dict[str, str]) -> None:
    rule, matcher = find_rule(row["rule"]), Matcher(compiled(row["approximation"]).rules)
    quiet = [case for case in parse_page(rule.page()).cases if not case.fires]
    met = [case.title for case in quiet if any(matcher.hits(event) for event in events_of(case.blocks))]
    assert " | ".join(met) == row["also"]


@pytest.mark.parametrize("name", TEXTS)
def test_an_approximation_says_that_it_is_one(name: str) -> None:
    rules = compiled(name)
    assert not rules.not_evaluated
    assert len(rules.rules) == len(list(read_documents(TEXTS[name])))
    for rule in rules.rules:
        assert {"attack.t1505.004", "iisight.approximation"} <= set(rule.tags)
        assert rule.uuid
        assert rule.description.endswith(".")
        assert rule.false_positives
    assert all(document["iisight.exact"] is False for _, document in read_documents(TEXTS[name]))  # type: ignore[index]


def test_each_approximation_is_of_some_rule_and_no_uuid_is_used_twice() -> None:
    assert {row["approximation"] for row in ROWS} == set(TEXTS)
    own = [rule.uuid for text in sigma_texts(all_rules())[0] for rule in compile_texts([(text.name, text.text)]).rules]
    assert len(own) == len(set(own))


def test_what_is_tagged_with_a_technique_is_one_of_the_rules() -> None:
    for name in TEXTS:
        attack = {tech for row in ROWS if row["approximation"] == name for tech in find_rule(row["rule"]).info.attack}
        tags = {tag.removeprefix("attack.").upper() for rule in compiled(name).rules for tag in rule.tags}
        assert tags - {"IISIGHT.APPROXIMATION"} <= attack, name


@pytest.mark.parametrize("rule", all_rules(Shape.EVENT), ids=lambda rule: rule.info.id)
def test_a_rule_about_events_has_sigma_text_or_a_reason(rule: Rule) -> None:
    said = {key for text in sigma_texts([rule])[0] for key in text.rules}
    assert (rule.info.id in said) != (rule.info.id in {row["rule"] for row in table("unsaid")})
