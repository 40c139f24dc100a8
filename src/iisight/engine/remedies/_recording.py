"""What makes changes leave events, and what takes remote management away: audit policy, channels, values, SACLs."""

from collections.abc import Iterator

from iisight.engine.remedies._causes import Asked, Remedy
from iisight.model.posture import Answer
from iisight.model.protection import Subcategory
from iisight.model.remedy import AuditedSubcategory, Channel, Object, RegistryValue, Sacl
from iisight.rules.hardening import logs_kept_short, powershell_unrecorded, remote_management
from iisight.rules.hardening.configuration_log_disabled import CHANNEL

_AUDIT = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit"
_SCRIPTS = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging"
_MEGABYTE = 1024 * 1024
_NOT_REMOTE = "IIS Manager on other machines and Web Deploy no longer reach this server"


def configuration_channel(asked: Asked) -> Iterator[Remedy]:
    """IIS931: the channel that tells who changed the configuration."""
    yield Channel(asked.cause(), CHANNEL)


def process_creation(asked: Asked) -> Iterator[Remedy]:
    """IIS932: process creation with its command line."""
    yield AuditedSubcategory(asked.cause(), Subcategory.PROCESS_CREATION.value, "Process Creation")
    yield RegistryValue(asked.cause(), _AUDIT, "ProcessCreationIncludeCmdLine_Enabled", "1")


def file_changes(asked: Asked) -> Iterator[Remedy]:
    """IIS933: the file system audited, and what decides which code is loaded with a SACL."""
    yield AuditedSubcategory(asked.cause(), Subcategory.FILE_SYSTEM.value, "File System")
    for point, subject in asked.subjects("path"):
        yield Sacl(asked.cause(point), subject.name, Object.FOLDER)


def registry_changes(asked: Asked) -> Iterator[Remedy]:
    """IIS934: the registry audited, and the keys of IIS with a SACL."""
    yield AuditedSubcategory(asked.cause(), Subcategory.REGISTRY.value, "Registry")
    for point, subject in asked.subjects("path"):
        yield Sacl(asked.cause(point), subject.name, Object.KEY)


def powershell(asked: Asked) -> Iterator[Remedy]:
    """IIS935: script blocks logged, and the channel on that takes them."""
    yield RegistryValue(asked.cause(), _SCRIPTS, "EnableScriptBlockLogging", "1")
    yield Channel(asked.cause(), powershell_unrecorded.CHANNEL)


def log_sizes(asked: Asked) -> Iterator[Remedy]:
    """IIS941: logs that are kept longer; where a policy says how large one is, the policy is to be changed."""
    policy = asked.host.protection.key(logs_kept_short.POLICY)
    for point, subject in asked.subjects("channel"):
        size = next((value for name, value in subject.facts if name == "megabytes"), "")
        is_classic = "/" not in subject.name
        if is_classic and policy is not None and policy.number("MaxSize") is not None:
            yield asked.by_hand(point, f"Raise the size of {subject.name} in the policy that sets it")
        elif size.isdecimal():
            yield Channel(asked.cause(point), subject.name, int(size) * _MEGABYTE, is_classic=is_classic)


def remote_service(asked: Asked) -> Iterator[Remedy]:
    """IIS907: no connections from elsewhere; delegation rules and providers are left to a person."""
    for point in asked.points(Answer.FAIL):
        switches = [s for s in point.subjects if s.name == "EnableRemoteManagement"]
        if not switches:
            yield asked.by_hand(point)
        for _ in switches:
            cause = asked.cause(point, _NOT_REMOTE)
            yield RegistryValue(cause, remote_management.SERVER, "EnableRemoteManagement", "0")
