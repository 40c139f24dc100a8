"""Find the rules: every module below `iisight.rules` that has INFO and check."""

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources

from iisight import rules
from iisight.inventory.inventory import Inventory
from iisight.model.errors import UsageError
from iisight.model.finding import Finding
from iisight.model.rule import OptionValue, RuleInfo

Check = Callable[[Inventory, Mapping[str, OptionValue]], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it says of itself, what it does, and where its page is."""

    info: RuleInfo
    name: str  # file stem: `native-code-outside-known-folders`, spelled with `_`
    group: str  # folder below `rules`
    check: Check

    def page(self) -> str:
        """Return the rule's page as Markdown."""
        file = resources.files(f"iisight.rules.{self.group}").joinpath(f"{self.name}.md")
        return file.read_text("utf-8")


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, by id. Raises ValueError when two rules share an id."""
    found: dict[str, Rule] = {}
    for group in pkgutil.iter_modules(rules.__path__):
        if not group.ispkg:
            continue
        package = import_module(f"{rules.__name__}.{group.name}")
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                _register(found, module.name, group.name)
    return tuple(found[key] for key in sorted(found))


def _register(found: dict[str, Rule], name: str, group: str) -> None:
    module = import_module(f"{rules.__name__}.{group}.{name}")
    rule = Rule(module.INFO, name, group, module.check)
    if rule.info.id in found:
        raise ValueError(f"rule id {rule.info.id} is used by {found[rule.info.id].name} and {name}")
    found[rule.info.id] = rule


def find_rule(text: str) -> Rule:
    """Return the rule of an id or a name, in any case. Raises UsageError."""
    wanted = text.strip().lower().replace("-", "_")
    for rule in all_rules():
        if wanted in {rule.info.id.lower(), rule.name}:
            return rule
    raise UsageError(f"no rule '{text}'; `iisight rules list` names them all")
