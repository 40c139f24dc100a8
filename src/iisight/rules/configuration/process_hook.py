"""IIS161: a registry value by which Windows loads code into processes of IIS, or starts another program instead."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.mechanisms.services import split_command
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, Place
from iisight.rules.configuration._weights import (
    GRAVE,
    NOTED,
    PROOF,
    UNKNOWN,
    Weight,
    content_folders,
    place_among,
    tell,
)

INFO = RuleInfo(
    id="IIS161",
    title="Hook on processes of IIS",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-33",),
    attack=("T1546.012", "T1546.010", "T1546.009"),
    options={
        "debuggers": ("vsjitdebugger.exe", "windbg.exe", "ntsd.exe", "cdb.exe", "procdump.exe", "procdump64.exe"),
        "verifiers": ("vrfcore.dll", "vfbasics.dll", "vfcompat.dll", "vfluapriv.dll", "vfprint.dll", "vfnet.dll"),
    },
)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every such value."""
    folders = content_folders(inventory)
    for component in inventory.of(Kind.PROCESS_HOOK):
        file = component.image or split_command(component.arguments)[0]
        weight = _weight(component, file, place_among(file, folders), options)
        if weight is not None:
            what = f"loads {file}" if component.image else f"starts {component.arguments}"
            yield tell(INFO, component, weight, f"{component.name} {what}, {place_among(file, folders)}")


def _weight(component: Component, file: str, place: Place, options: Options) -> Weight | None:
    if place in EXPOSED:
        return PROOF
    name = paths.basename(file).lower()
    if component.name.startswith("VerifierDlls") and _among(name, options, "verifiers") and place is Place.SYSTEM:
        return None
    if component.image is None:
        return UNKNOWN if _among(name, options, "debuggers") else GRAVE
    if component.name == "AppInit_DLLs":  # every process, so products for the whole machine use it
        return NOTED if place is Place.PROGRAMS else UNKNOWN
    return UNKNOWN if place is Place.PROGRAMS else GRAVE


def _among(name: str, options: Options, option: str) -> bool:
    names = options[option]
    return name in (names if isinstance(names, tuple) else (names,))
