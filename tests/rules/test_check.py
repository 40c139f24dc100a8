"""`iisight rules check` finds what is wrong with a rule or its page."""

from dataclasses import dataclass

from iisight.engine.registry import Rule
from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.workbench.check import check_rule

INFO = RuleInfo("IIS199", "Example", Severity.LOW, Confidence.LOW, ("L-01",))
PAGE = """# IIS199 Example
## What it flags
x
## Why it matters
x
## Fires
```insert system.webServer/globalModules
<add name="Bad" image="C:\\x.dll" />
```
```expect
low/low: Bad
```
## Stays quiet
```insert system.webServer/globalModules
<add name="Good" image="C:\\x.dll" />
```
## Known false positives
x
## ATT&CK
T1505.004
## What to do next
`appcmd list modules`
"""


@dataclass(frozen=True, slots=True)
class FakeRule(Rule):
    text: str = PAGE

    def page(self) -> str:
        return self.text


def check(inventory: Inventory, _options: object) -> list[Finding]:
    found = (c for c in inventory.of(Kind.NATIVE_MODULE) if c.name == "Bad")
    return [Finding("IIS199", c.name, INFO.severity, INFO.confidence, (Evidence(Locator("x")),)) for c in found]


def problems(text: str = PAGE, info: RuleInfo = INFO) -> list[str]:
    return list(check_rule(FakeRule(info, "example", "configuration", check, text)))


def test_a_page_that_holds_has_no_problems() -> None:
    assert problems() == []


def test_a_missing_section_is_named() -> None:
    assert problems(PAGE.replace("## Why it matters\nx\n", ""))[0].startswith("section 'Why it matters' is missing")


def test_an_expected_finding_that_is_not_made_is_named() -> None:
    assert problems(PAGE.replace("low/low: Bad", "low/low: Bad\nlow/low: Worse")) == [
        "case 'fires': missing: low/low: Worse"
    ]


def test_a_finding_nobody_expects_is_named() -> None:
    assert problems(PAGE.replace('name="Good"', 'name="Bad"')) == ["case 'stays quiet': unexpected: low/low: Bad"]


def test_a_block_of_no_known_kind_is_named() -> None:
    assert "block 'inject' is unknown" in problems(PAGE.replace("```insert", "```inject", 1))[0]


def test_broken_xml_in_a_block_is_named() -> None:
    assert "block 'insert system.webServer/globalModules'" in problems(PAGE.replace("/>\n", ">\n", 1))[0]


def test_the_page_names_the_rule() -> None:
    assert problems(PAGE.replace("# IIS199", "# IIS198", 1)) == ["the page's title does not name IIS199"]


def test_the_page_gives_a_command() -> None:
    assert problems(PAGE.replace("`", "'").replace("'''", "```")) == [
        "section 'What to do next' gives no exact command"
    ]


def test_an_id_outside_of_the_blocks_is_refused() -> None:
    info = RuleInfo("XYZ1", "Example", Severity.LOW, Confidence.LOW, ("L-01",))
    assert problems(info=info)[0] == "id 'XYZ1' is not of the form IIS1xx"
