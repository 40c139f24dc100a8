"""What `iisight rules new` writes is a rule whose page holds."""

from dataclasses import dataclass
from types import ModuleType

import pytest

from iisight.engine.registry import Rule
from iisight.workbench import template
from iisight.workbench.check import check_rule


@dataclass(frozen=True, slots=True)
class Written(Rule):
    """A rule whose page was just written."""

    text: str

    def page(self) -> str:
        return self.text


@pytest.mark.parametrize(
    ("group", "number"),
    [("configuration", "IIS198"), ("binaries", "IIS298"), ("events", "IIS398"), ("hardening", "IIS998")],
)
def test_a_new_rule_does_what_its_page_says(group: str, number: str) -> None:
    code, page = template.texts(group, number, "example_thing")
    module = ModuleType("example_thing")
    exec(compile(code, "example_thing.py", "exec"), module.__dict__)
    rule = Written(module.INFO, "example_thing", group, module.check, page)

    assert list(check_rule(rule)) == []
