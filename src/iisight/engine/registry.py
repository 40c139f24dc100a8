"""Find the rules: modules below `iisight.rules` with INFO and check, the YARA pack, Sigma rules of `rules/events`."""

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module, resources

from iisight import rules
from iisight.engine import sigma_rules
from iisight.model.errors import UsageError
from iisight.model.finding import Finding
from iisight.model.rule import RuleInfo


class Shape(StrEnum):
    """What a rule's `check` is given, besides its options."""

    STATE = "state"  # the inventory
    EVENT = "event"  # one activity after the other
    CASE = "case"  # inventory, activities and the findings of the others (`rules/_case.py`)
    HARDENING = "hardening"  # a host with what protects it (`rules/hardening/_host.py`); yields points, no findings


LOOKING = (Shape.STATE, Shape.EVENT, Shape.CASE)
"""Shapes of the rules that look for what does not belong: those of a scan or a hunt."""

_SHAPES = {"events": Shape.EVENT, "correlation": Shape.CASE, "hardening": Shape.HARDENING}
"""By group; all others look at the state."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it says of itself, what it does, and where its page is."""

    info: RuleInfo
    name: str  # file stem: `native-code-outside-known-folders`, spelled with `_`
    group: str  # folder below `rules`
    check: Callable[..., Iterable[Finding]]

    @property
    def shape(self) -> Shape:
        """Return what `check` is given."""
        return _SHAPES.get(self.group, Shape.STATE)

    def page(self) -> str:
        """Return the rule's page as Markdown."""
        file = resources.files(f"iisight.rules.{self.group}").joinpath(f"{self.name}.md")
        return file.read_text("utf-8")


@cache
def all_rules(*shapes: Shape) -> tuple[Rule, ...]:
    """Return every rule, or those of some shapes alone, by id; modules of others are not imported.

    Raises ValueError when two rules share an id.
    """
    found: dict[str, Rule] = {}
    wanted = shapes or tuple(Shape)
    for group in pkgutil.iter_modules(rules.__path__):
        if not group.ispkg or _SHAPES.get(group.name, Shape.STATE) not in wanted:
            continue
        package = import_module(f"{rules.__name__}.{group.name}")
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                _register(found, _python_rule(module.name, group.name))
    for rule in (*_yara(wanted), *_sigma(wanted)):
        _register(found, rule)
    return tuple(found[key] for key in sorted(found))


def _yara(wanted: tuple[Shape, ...]) -> Iterator[Rule]:
    if Shape.STATE in wanted:
        from iisight.engine import yara_rules

        yield from (Rule(info, name, yara_rules.GROUP, check) for info, name, check in yara_rules.yara_rules())


def _sigma(wanted: tuple[Shape, ...]) -> Iterator[Rule]:
    if Shape.EVENT in wanted:
        yield from (Rule(info, name, sigma_rules.GROUP, check) for info, name, check in sigma_rules.sigma_rules())


def _python_rule(name: str, group: str) -> Rule:
    module = import_module(f"{rules.__name__}.{group}.{name}")
    return Rule(module.INFO, name, group, module.check)


def _register(found: dict[str, Rule], rule: Rule) -> None:
    if rule.info.id in found:
        raise ValueError(f"rule id {rule.info.id} is used by {found[rule.info.id].name} and {rule.name}")
    found[rule.info.id] = rule


def find_rule(text: str) -> Rule:
    """Return the rule of an id or a name, in any case. Raises UsageError."""
    wanted = text.strip().lower().replace("-", "_")
    for rule in all_rules():
        if wanted in {rule.info.id.lower(), rule.name}:
            return rule
    raise UsageError(f"no rule '{text}'; `iisight rules list` names them all")
