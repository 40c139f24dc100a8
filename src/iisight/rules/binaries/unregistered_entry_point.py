"""IIS205: a DLL that IIS could load and no configuration names."""

import re
from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.mechanisms.sleepers import entry_points
from iisight.model.binary import Binary, VersionInfo
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, evidence_of, finding, place_of
from iisight.rules.binaries._examined import is_vouched_for
from iisight.rules.binaries._native import NATIVE, claims_microsoft, images, same_name
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, PROOF, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS205",
    title="Unregistered DLL with IIS entry points",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-27",),
    attack=("T1505.004", "T1036.005"),
)
_CODE_FOLDER = re.compile(r"\\(?:bin|scripts|cgi-bin|isapi)\\")
_PACKAGES = re.compile(
    r"\\\.nuget\\packages\\|\\package cache\\|\\windows\.old\\|\\\$windows\.~|\\iis express\\|\\winsxs\\"
)
"""Folders of installers and package managers, that hold copies of Microsoft's own modules."""


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every DLL that waits to be registered, judged by where it lies and whose it says it is."""
    configured = any(server.apphost is not None for server in inventory.servers)
    registered = {paths.fold(c.image) for c in inventory.of(*NATIVE) if c.image}
    for component, binary, image in images(inventory, Kind.SLEEPER, Kind.APP_ASSEMBLY):
        exports = entry_points(image)
        if not exports or paths.fold(binary.path) in registered:
            continue
        place = place_of(binary.path)
        severity, confidence = _judge(binary, image.version, place)
        text = f"{binary.path} in {place} exports {', '.join(exports)} and no configuration names it"
        if claims_microsoft(image.version):
            text += "; it says it is Microsoft's"
        yield finding(
            INFO,
            text,
            evidence_of(component),
            component,
            severity=severity,
            confidence=confidence if configured else Confidence.LOW,
        )


def _judge(binary: Binary, version: VersionInfo | None, place: Place) -> Weight:
    path = paths.fold(binary.path)
    microsoft = claims_microsoft(version)
    if place is Place.PROGRAMS or (microsoft and (place is Place.SYSTEM or _PACKAGES.search(path))):
        return NOTED
    if is_vouched_for(binary.examination):
        return NOTED
    if place is Place.SYSTEM:
        return ODD
    if place in {Place.OTHER, Place.REMOTE}:
        return UNKNOWN
    if _CODE_FOLDER.search(path) and _names_itself(binary, version):
        return UNKNOWN
    if _is_copy(binary, version) or _CODE_FOLDER.search(path):
        return ODD
    return PROOF if microsoft and place is Place.WRITABLE else GRAVE


def _names_itself(binary: Binary, version: VersionInfo | None) -> bool:
    """Tell whether a version resource names a product, not Microsoft's, and the file as it is called."""
    if version is None or not version.product or claims_microsoft(version):
        return False
    return same_name(version.original_name or "", paths.basename(binary.path))


def _is_copy(binary: Binary, version: VersionInfo | None) -> bool:
    """Tell whether a file may be a copy of one of Microsoft's: its name is, and its version resource agrees."""
    name = paths.basename(binary.path).lower()
    original = (version.original_name if version else None) or ""
    return name in catalogue().stock_file_names() and claims_microsoft(version) and same_name(original, name)
