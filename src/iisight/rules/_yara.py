"""What rules about YARA matches share: which components match, and how it is told."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from iisight.evidence import paths
from iisight.examine.yara import OWN
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.examination import YaraMatch
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._common import MAX_EVIDENCE, file_evidence, finding, registered

_SHOWN = 4  # strings told in a message
_BY_PRESENCE = (Kind.APP_ASSEMBLY, Kind.SLEEPER)  # the file is there; what configuration names is told first


@dataclass(frozen=True, slots=True)
class Matched:
    """A file that a YARA rule matches, and the components that load it: those that configuration names first."""

    components: tuple[Component, ...]
    binary: Binary
    match: YaraMatch


def matches(inventory: Inventory) -> Iterator[Matched]:
    """Yield every match in the files of components, the twins that 32-bit pools load instead among them."""
    files: dict[str, Binary] = {}
    loaders: dict[str, list[Component]] = defaultdict(list)
    for component in sorted(inventory.components, key=lambda c: c.kind in _BY_PRESENCE):
        for binary in (component.binary, component.twin):
            if binary is not None and binary.examination is not None:
                key = paths.fold(binary.path)
                files[key] = binary
                loaders[key].append(component)
    for key, binary in files.items():
        for match in binary.examination.yara if binary.examination else ():
            yield Matched(tuple(loaders[key]), binary, match)


def to_finding(
    info: RuleInfo, matched: Matched, severity: Severity | None = None, confidence: Confidence | None = None
) -> Finding:
    """Return what a match says of the components that load the file."""
    match, binary, first = matched.match, matched.binary, matched.components[0]
    rule = match.rule if match.source == OWN else f"{match.rule} of {paths.basename(match.source)}"
    found = list(dict.fromkeys(f"{string.identifier} '{string.text}'" for string in match.strings))
    shown = found if len(found) <= _SHOWN else [*found[:_SHOWN], "…"]
    told = ": " + ", ".join(shown) if found else ""
    return finding(
        info,
        f"{binary.path} of {first.kind} '{first.name}' matches YARA rule {rule}{told}",
        _evidence(matched),
        *matched.components,
        severity=severity,
        confidence=confidence,
    )


def _evidence(matched: Matched) -> list[Evidence]:
    """Return the file, its strings by their places, and a registration, which must not be crowded out."""
    binary = matched.binary
    strings = [
        Evidence(
            Locator(binary.path, offset=string.offset, origin=binary.origin), f"{string.identifier} '{string.text}'"
        )
        for string in matched.match.strings
    ]
    return [file_evidence(binary), *strings[: MAX_EVIDENCE - 2], *registered(matched.components[0])]
