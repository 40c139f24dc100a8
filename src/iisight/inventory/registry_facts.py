"""What the registry says of the server besides its components."""

from collections.abc import Iterator

from iisight.inventory.registry import CONTROL, MICROSOFT, SERVICES, SOFTWARE, Asked
from iisight.model.registry import Key
from iisight.model.server_registry import Reservation, ServerRegistry, Setup, Switch

CHANNELS = rf"{MICROSOFT}\Windows\CurrentVersion\WINEVT\Channels"
_CHANNELS = (
    "Microsoft-IIS-Configuration/Operational",
    "Microsoft-IIS-Configuration/Administrative",
    "Microsoft-IIS-Logging/Logs",
    "Microsoft-IIS-Centralized-Certificate-Store/Operational",
    "Microsoft-Windows-PowerShell/Operational",
    "Microsoft-Windows-Sysmon/Operational",
    "Microsoft-Windows-CodeIntegrity/Operational",
    "Microsoft-Windows-Windows Defender/Operational",
    "Microsoft-Windows-DotNETRuntime/Operational",
)
_POWERSHELL = rf"{SOFTWARE}\Policies\Microsoft\Windows\PowerShell"
_POLICIES = (
    # what it is, key, value
    ("script block logging", rf"{_POWERSHELL}\ScriptBlockLogging", "EnableScriptBlockLogging"),
    ("PowerShell module logging", rf"{_POWERSHELL}\ModuleLogging", "EnableModuleLogging"),
    ("PowerShell transcription", rf"{_POWERSHELL}\Transcription", "EnableTranscripting"),
    (
        "command line in process creation events",
        rf"{MICROSOFT}\Windows\CurrentVersion\Policies\System\Audit",
        "ProcessCreationIncludeCmdLine_Enabled",
    ),
    ("audit policy by subcategory", rf"{CONTROL}\Lsa", "SCENoApplyLegacyAuditPolicy"),
)
_MAX_RESERVATIONS = 2_000


def facts_of(asked: Asked) -> ServerRegistry:
    """Return the facts of a registry."""
    return ServerRegistry(
        hives=asked.hives,
        setup=_setup(asked),
        channels=tuple(_channels(asked)),
        policies=tuple(_policies(asked)),
        reservations=tuple(_reservations(asked)),
    )


def _setup(asked: Asked) -> Setup | None:
    key = asked.key(rf"{MICROSOFT}\InetStp")
    if key is None:
        return None
    major, minor = key.number("MajorVersion"), key.number("MinorVersion")
    version = "" if major is None else f"{major}.{minor or 0}"
    parts = asked.key(rf"{MICROSOFT}\InetStp\Components")
    names = () if parts is None else tuple(sorted(v.name for v in parts.values if v.data == 1))
    return Setup(version, key.text("PathWWWRoot"), names, key.locator)


def _channels(asked: Asked) -> Iterator[Switch]:
    for name in _CHANNELS:
        key = asked.key(rf"{CHANNELS}\{name}")
        if key is not None:
            yield _switch(name, key, "Enabled")


def _policies(asked: Asked) -> Iterator[Switch]:
    for name, path, value in _POLICIES:
        key = asked.key(path)
        if key is not None:
            yield _switch(name, key, value)


def _switch(name: str, key: Key, value: str) -> Switch:
    number, found = key.number(value), key.value(value)
    is_on = None if number is None else number != 0
    return Switch(name, is_on, key.written, key.path, key.locator if found is None else found.locator)


def _reservations(asked: Asked) -> Iterator[Reservation]:
    key = asked.key(rf"{SERVICES}\HTTP\Parameters\UrlAclInfo")
    for value in sorted(key.values, key=lambda v: v.name)[:_MAX_RESERVATIONS] if key is not None else ():
        yield Reservation(value.name, key.path if key is not None else "", value.locator)
