"""`iisight rules list|new|check|export`."""

import argparse
import re
from pathlib import Path

from iisight.cli import _export
from iisight.cli.main import CLEAN, FOUND
from iisight.engine.registry import Rule, all_rules, find_rule
from iisight.model.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="every rule: id, severity, confidence, title")
    new = actions.add_parser("new", help="write the two files of a new rule")
    new.add_argument("name", help="the bad thing, as in unsigned-native-module")
    new.add_argument("--group", default="configuration", help="folder below rules (default: %(default)s)")
    check = actions.add_parser("check", help="run the cases of the rules' pages")
    check.add_argument("rule", nargs="*", help="ids or names; none: all")
    _export.arguments(
        actions.add_parser("export", help="write the rules for other tools: Sigma, queries, YARA, coverage")
    )


def run(parsed: argparse.Namespace) -> int:
    """Do what is asked."""
    if parsed.action == "list":
        for rule in all_rules():
            info = rule.info
            _say(f"{info.id}  {info.severity:8}  {info.confidence:6}  {info.title}")
        return CLEAN
    if parsed.action == "new":
        return _new(parsed.name, parsed.group)
    if parsed.action == "export":
        return _export.run(parsed)
    return _check([find_rule(text) for text in parsed.rule] or list(all_rules()))


def _new(name: str, group: str) -> int:
    from iisight.workbench.template import write_rule

    stem = name.replace("-", "_").lower()
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,60}", stem):
        raise UsageError(f"'{name}': a rule is named for the bad thing, as in unsigned-native-module")
    for path in write_rule(stem, group, [rule.info.id for rule in all_rules()]):
        _say(f"written: {_relative(path)}")
    _say(f"next: fill the page, then `iisight rules check {stem.replace('_', '-')}`")
    return CLEAN


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _check(rules: list[Rule]) -> int:
    from iisight.workbench.check import check_rule

    wrong = 0
    for rule in rules:
        for problem in check_rule(rule):
            wrong += 1
            _say(f"{rule.info.id} {rule.name}: {problem}")
    _say(f"{len(rules)} rules checked, {wrong} problems")
    return FOUND if wrong else CLEAN


def _say(text: str) -> None:
    print(text)  # noqa: T201
