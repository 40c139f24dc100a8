"""Every rule's page holds: its cases fire and stay quiet as it says."""

import pytest

from iisight.engine.registry import Rule, all_rules
from iisight.workbench.check import check_rule


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: f"{rule.info.id}-{rule.name}")
def test_the_rule_does_what_its_page_says(rule: Rule) -> None:
    assert list(check_rule(rule)) == []
