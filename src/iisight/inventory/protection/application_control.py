r"""AppLocker's rules for DLLs: of `Get-AppLockerPolicy -Effective -Xml`, or of `…\SrpV2\Dll` in the registry.

The registry has each rule as the XML of the policy, and `EnforcementMode` as a number: 1 enforces, 0 audits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from iisight.evidence.source import Source
from iisight.inventory.protection.exports import exports
from iisight.inventory.registry import SOFTWARE, Asked
from iisight.model.config import Element
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.model.protection import DllRules, Enforcement, LockerRule
from iisight.parsers import xml

KEY = rf"{SOFTWARE}\Policies\Microsoft\Windows\SrpV2\Dll"
MAX_RULES = 5_000
_NAME = re.compile(r"(?:.*[-_. ])?applocker.*\.xml")
_MODES = {"enabled": Enforcement.ENFORCED, "auditonly": Enforcement.AUDITED}
_RULES = frozenset({"FilePathRule", "FilePublisherRule", "FileHashRule"})


@dataclass(frozen=True, slots=True)
class LockerPolicy:
    """A policy that was read, as far as it is about DLLs; `dll` is None when it has no rules for them."""

    dll: DllRules | None


def exported_dll_rules(source: Source, gaps: list[Gap]) -> LockerPolicy | None:
    """Return the policy of the first export that is one; None when the evidence holds none."""
    for file, data in exports(source, _NAME, gaps, ".xml"):
        place = Locator(file.path, origin=file.origin)
        try:
            document = xml.parse(data, place)
        except ParseError as error:
            gaps.append(Gap(GapKind.MALFORMED, file.path, error.message))
            continue
        if document.root is None or document.root.name != "AppLockerPolicy" or document.problems:
            gaps.append(Gap(GapKind.MALFORMED, file.path, "expected a whole AppLockerPolicy"))
            continue
        holder = next((c for c in document.root.all("RuleCollection") if c.get("Type").lower() == "dll"), None)
        return LockerPolicy(None if holder is None else _of_element(holder, document.at(holder)))
    return None


def dll_rules_of(asked: Asked) -> LockerPolicy | None:
    """Return the policy that the registry holds; None when SOFTWARE is not in the evidence."""
    if not asked.holds(SOFTWARE):
        return None
    key = asked.key(KEY)
    if key is None:
        return LockerPolicy(None)
    number = key.number("EnforcementMode")
    mode = {0: Enforcement.AUDITED, 1: Enforcement.ENFORCED}.get(-1 if number is None else number, Enforcement.OFF)
    texts = [stored.text("Value") for stored in asked.below(KEY)]
    rules = [rule for text in texts[:MAX_RULES] if (rule := _of_text(text, key.locator)) is not None]
    return LockerPolicy(DllRules(mode, None, tuple(rules), key.locator, len(texts) - len(rules)))


def _of_text(text: str, place: Locator) -> LockerRule | None:
    document = xml.parse(text.encode("utf-8", "replace"), place)
    root = None if document.problems else document.root
    return None if root is None or root.name not in _RULES else _rule(root)


def _of_element(holder: Element, place: Locator) -> DllRules:
    found = [child for child in holder.children if child.name in _RULES]
    mode = _MODES.get(holder.get("EnforcementMode").lower(), Enforcement.OFF)
    services = any(
        child.get("EnforcementMode").lower() == "enabled"
        for extensions in holder.all("RuleCollectionExtensions")
        for threshold in extensions.all("ThresholdExtensions")
        for child in threshold.all("Services")
    )
    rules = tuple(_rule(child) for child in found[:MAX_RULES])
    return DllRules(mode, services, rules, place, len(found) - len(rules))


def _rule(element: Element) -> LockerRule:
    conditions = (c for holder in element.all("Conditions") for c in holder.children)
    said = "; ".join(filter(None, (_condition(c) for c in conditions)))
    excepted = any(holder.children for holder in element.all("Exceptions"))
    return LockerRule(element.get("Action"), element.get("UserOrGroupSid"), element.name, said, excepted)


def _condition(element: Element) -> str:
    if element.name == "FilePathCondition":
        return element.get("Path")
    if element.name == "FilePublisherCondition":
        return "\\".join(element.get(name) for name in ("PublisherName", "ProductName", "BinaryName"))
    return "; ".join(_hashes(element))


def _hashes(element: Element) -> Iterator[str]:
    return (child.get("SourceFileName") or child.get("Data") for child in element.all("FileHash"))
