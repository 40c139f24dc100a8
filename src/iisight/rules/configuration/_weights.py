"""How much a component's place weighs, and how a rule says it."""

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Place, evidence_of, finding, place_of

Weight = tuple[Severity, Confidence]

PROOF: Weight = (Severity.HIGH, Confidence.HIGH)
GRAVE: Weight = (Severity.HIGH, Confidence.MEDIUM)
RARE: Weight = (Severity.HIGH, Confidence.LOW)
ODD: Weight = (Severity.MEDIUM, Confidence.MEDIUM)
UNKNOWN: Weight = (Severity.MEDIUM, Confidence.LOW)
NOTED: Weight = (Severity.LOW, Confidence.LOW)

_EXPRESS = "IIS Express"
_MAX_DEPTH = 64


def content_folders(inventory: Inventory) -> frozenset[str]:
    """Return the folded folder of every application of the evidence."""
    apps = (app for server in inventory.servers for app in server.apps)
    return frozenset(paths.fold(app.physical_path).rstrip("\\") for app in apps if app.physical_path)


def is_in(path: str, folders: frozenset[str]) -> bool:
    """Tell whether a path lies in one of some folded folders, or below."""
    at = paths.fold(path)
    for _ in range(_MAX_DEPTH):
        above = paths.parent(at).rstrip("\\")
        if above in folders:
            return True
        if not above or above == at:
            return False
        at = above
    return False


def place_among(path: str, folders: frozenset[str] = frozenset()) -> Place:
    """Return what a path's folder is for, where the folders of applications count as web content."""
    if not is_resolved(path):
        return Place.OTHER
    place = place_of(path)
    return Place.CONTENT if place is Place.OTHER and is_in(path, folders) else place


def is_temporary(path: str) -> bool:
    """Tell whether a path is where no product at all keeps programs: temporary files, logs, downloads."""
    return catalogue().is_implausible_folder(path)


def is_resolved(path: str) -> bool:
    """Tell whether a path says its drive or share, and holds no variable that is not known."""
    return paths.is_absolute(path) and "%" not in path


def weigh(component: Component, weight: Weight) -> Weight:
    """Take a step off what is not in force, and the certainty off what a developer's own server says."""
    severity, confidence = weight
    if not component.effective:
        severity = lowered(severity)
    return severity, Confidence.LOW if component.server.startswith(_EXPRESS) else confidence


def lowered(severity: Severity) -> Severity:
    """Return the next lower severity."""
    return tuple(Severity)[max(severity.rank - 1, 0)]


def tell(info: RuleInfo, component: Component, weight: Weight, message: str, *more: Evidence) -> Finding:
    """Return a finding about one component, weighed by where and whether it is in force."""
    severity, confidence = weigh(component, weight)
    state = "" if component.effective else " (not in force)"
    evidence = [*evidence_of(component), *more]
    return finding(info, message + state, evidence, component, severity=severity, confidence=confidence)
