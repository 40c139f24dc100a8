"""Small hives, and registries made of them."""

from collections.abc import Mapping

from iisight.model.locator import Locator
from iisight.model.registry import Data
from iisight.parsers.registry import Hive, HiveRegistry
from iisight.workbench.hives import write

SYSTEM = Locator(r"C:\Windows\System32\config\SYSTEM")
W3SVC = r"ControlSet001\Services\W3SVC"
KEYS: Mapping[str, Mapping[str, Data]] = {
    "Select": {"Current": 1},
    W3SVC: {
        "ImagePath": r"%windir%\system32\svchost.exe -k iissvcs",
        "Environment": ("COR_ENABLE_PROFILING=1", "COR_PROFILER={11111111-2222-3333-4444-555555555555}"),
        "Start": 2,
        "FailureActions": bytes(range(20)),
        "Note": "x" * 20_000,
        "": "default",
        "Größe": 7,
    },
    rf"{W3SVC}\Parameters": {"ServiceDll": r"%windir%\system32\inetsrv\iisw3adm.dll"},
    "Übung": {},
    r"ControlSet001\Link": {"SymbolicLinkValue": r"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services"},
}


def registry(keys: Mapping[str, Mapping[str, Data]], kind: bytes = b"lh") -> HiveRegistry:
    r"""Return the registry of a `SYSTEM` hive."""
    return HiveRegistry({r"HKLM\SYSTEM": Hive(write(keys, kind=kind), SYSTEM)})
