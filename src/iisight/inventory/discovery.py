"""Find the configurations of the evidence: those in force, and the copies that lie about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from iisight.evidence import paths
from iisight.evidence.source import File, Source

APPHOST = "applicationHost.config"
ADMINISTRATION = "administration.config"
CONFIG_FOLDER = "\\windows\\system32\\inetsrv\\config"


class Role(StrEnum):
    """What an applicationHost.config of the evidence is."""

    IN_FORCE = "applicationHost.config"
    REDIRECTED = "applicationHost.config beside its redirection"  # IIS reads the one that redirection.config names
    EXPRESS = "IIS Express applicationhost.config"
    HISTORY = "history"
    BACKUP = "backup"
    EXPORT = "export"
    WOW64 = "SysWOW64 copy"  # where 32-bit editors write, and IIS never looks
    TEMPLATE = "template"
    STRAY = "stray copy"
    OF_ADMINISTRATION = "copy of administration.config"


_ROLES = (
    (re.compile(r"^[a-z]:\\windows\\system32\\inetsrv\\config\\applicationhost\.config$"), Role.IN_FORCE),
    (re.compile(r"\\cfghistory_[^\\]*\\"), Role.HISTORY),
    (re.compile(r"\\inetsrv\\backup\\[^\\]+\\"), Role.BACKUP),
    (re.compile(r"\\inetsrv\\config\\export\\"), Role.EXPORT),
    (re.compile(r"\\syswow64\\inetsrv\\config\\"), Role.WOW64),
    (re.compile(r"\\(?:winsxs|servicing)\\|\\config\\templates\\|\\iis express\\appserver\\"), Role.TEMPLATE),
    (re.compile(r"\\iisexpress\\config\\|\\\.vs\\(?:[^\\]+\\)?config\\"), Role.EXPRESS),
)
_GENERATED = re.compile(r"\\inetpub\\temp\\apppools\\(?:[^\\]+\\)?[^\\]+\.config$")


@dataclass(frozen=True, slots=True)
class Found:
    """An applicationHost.config and what it is."""

    file: File
    role: Role


def find_hosts(source: Source) -> list[Found]:
    """Return every applicationHost.config of the evidence, in the order of their folded paths."""
    return [Found(file, _role(file)) for file in source.named(APPHOST)]


def find_generated(source: Source) -> Iterator[File]:
    r"""Yield the configurations WAS wrote for single pools (`inetpub\temp\appPools`)."""
    for file in source.ending(".config"):
        if _GENERATED.search(paths.fold(file.path)):
            yield file


def find_administration(source: Source) -> Iterator[File]:
    """Yield the administration.configs that history and backups keep beside applicationHost.config."""
    return (file for file in source.named(ADMINISTRATION) if _role(file) in (Role.HISTORY, Role.BACKUP))


def _role(file: File) -> Role:
    folded = paths.fold(file.path)
    return next((role for pattern, role in _ROLES if pattern.search(folded)), Role.STRAY)


def drive_of(path: str) -> str:
    """Return the drive a path starts with, `C:` for one without."""
    return path[:2].upper() if path[1:2] == ":" else "C:"
