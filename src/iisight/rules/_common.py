"""What rules share: making a finding, and what a place on a Windows server is used for."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.model.binary import Binary
from iisight.model.component import Component, Registration
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import OptionValue, RuleInfo

Options = Mapping[str, OptionValue]
MAX_EVIDENCE = 8  # places shown with one finding

_SYSTEM = re.compile(r"^[a-z]:\\windows\\(?!temp\\|debug\\|tasks\\|tracing\\|registration\\crmlog\\)")
_PROGRAMS = re.compile(r"^[a-z]:\\(?:program files(?: \(x86\))?|programdata\\(?:chocolatey|scoop))\\")
_WRITABLE = re.compile(
    r"^[a-z]:\\(?:programdata|users|temp|tmp|perflogs|recovery|\$recycle\.bin|intel|windows\\(?:temp|debug|tasks|tracing)"
    r"|inetpub\\temp|windows\\system32\\(?:spool\\drivers\\color|tasks|microsoft\\crypto))\\"
)
_CONTENT = re.compile(r"^[a-z]:\\inetpub\\(?!temp\\)")


class Place(StrEnum):
    """What a folder is for, from the most to the least protected."""

    SYSTEM = "a Windows folder"
    PROGRAMS = "a program folder"
    OTHER = "a folder of its own"
    CONTENT = "a web content folder"
    WRITABLE = "a folder that ordinary accounts may write"
    REMOTE = "another computer"


EXPOSED = frozenset({Place.WRITABLE, Place.CONTENT, Place.REMOTE})
"""Where no product is installed, and an intruder can put a file."""


def place_of(path: str) -> Place:
    """Return what the folder of a Windows path is for."""
    folded = paths.fold(path)
    if paths.is_unc(path):
        return Place.REMOTE
    if _PROGRAMS.match(folded):
        return Place.PROGRAMS
    if _WRITABLE.match(folded) or catalogue().is_implausible_folder(folded):
        return Place.WRITABLE
    for pattern, place in ((_SYSTEM, Place.SYSTEM), (_CONTENT, Place.CONTENT)):
        if pattern.match(folded):
            return place
    return Place.OTHER


def is_known(component: Component) -> bool:
    """Tell whether the catalogue agrees with everything that is known of a component."""
    return component.match is not None and component.match.exact


def finding(
    info: RuleInfo,
    message: str,
    evidence: Iterable[Evidence],
    *components: Component,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    scope: str = "",
) -> Finding:
    """Return a finding of a rule; severity and confidence are the rule's own unless given."""
    return Finding(
        rule=info.id,
        message=message,
        severity=severity or info.severity,
        confidence=confidence or info.confidence,
        evidence=tuple(evidence)[:MAX_EVIDENCE],
        components=tuple(c.id for c in components),
        scope=scope,
    )


def number_of(options: Options, name: str) -> int:
    """Return an option that is a number; raises ValueError for one that is not."""
    return int(str(options[name]))


def registered(component: Component) -> list[Evidence]:
    """Return where a component is registered, what is in force first."""
    order = sorted(component.registrations, key=lambda r: r.fate is not Fate.ACTIVE)
    return [Evidence(r.locator, note_of(r)) for r in order[:MAX_EVIDENCE]]


def note_of(registration: Registration) -> str:
    """Return what stands at a registration's place, and what became of it."""
    shown = " ".join(f'{name}="{value}"' for name, value in registration.attributes)
    text = f"{registration.section}: {shown}" if registration.section else shown
    state = "" if registration.fate is Fate.ACTIVE else f" [{registration.fate}: {registration.reason}]"
    return (text + state).strip()


def file_evidence(binary: Binary, note: str = "") -> Evidence:
    """Return a file as evidence: its place and its hash."""
    return Evidence(Locator(binary.path, origin=binary.origin), f"{note} sha256 {binary.sha256}".strip())


def evidence_of(component: Component) -> list[Evidence]:
    """Return where a component is registered, and its file if it was read."""
    files = [file_evidence(component.binary)] if component.binary is not None else []
    return [*registered(component), *files]
