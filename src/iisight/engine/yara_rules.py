"""iisight's YARA rules as rules of its own: `rules/yara/<name>.yar` with what it says of itself in its `meta`."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources

from iisight.examine.yara import OWN
from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import OptionValue, RuleInfo
from iisight.rules._yara import matches, to_finding

GROUP = "yara"
Check = Callable[[Inventory, Mapping[str, OptionValue]], Iterable[Finding]]

_META = re.compile(r'^ +(\w+) = "(.*)"$', re.MULTILINE)


def yara_rules() -> Iterator[tuple[RuleInfo, str, Check]]:
    """Yield (what it says of itself, name, check) of every rule of the pack; files that start with `_` are parts."""
    folder = resources.files("iisight").joinpath("rules", GROUP)
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yar") and not file.name.startswith("_"):
            name, info = file.name.removesuffix(".yar"), info_of(file.read_text("utf-8"))
            yield info, name, _check_of(info, name)


def info_of(text: str) -> RuleInfo:
    """Return what the `meta` of a rule says. Raises KeyError or ValueError for what is missing or of no known value."""
    meta = dict(_META.findall(text.partition("strings:")[0]))
    return RuleInfo(
        id=meta["id"],
        title=meta["title"],
        severity=Severity(meta["severity"]),
        confidence=Confidence(meta["confidence"]),
        mechanisms=tuple(meta["mechanisms"].split(", ")),
        attack=tuple(meta["attack"].split(", ")),
    )


def _check_of(info: RuleInfo, name: str) -> Check:
    def check(inventory: Inventory, _options: Mapping[str, OptionValue]) -> Iterable[Finding]:
        for matched in matches(inventory):
            if matched.match.source == OWN and matched.match.rule == name:
                yield to_finding(info, matched)

    return check
