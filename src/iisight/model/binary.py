"""What was read of an executable file: headers, names, version, hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from iisight.model.examination import Examination


class Machine(StrEnum):
    """Processor of a PE file (`IMAGE_FILE_HEADER.Machine`, PE format specification)."""

    X86 = "x86"
    X64 = "x64"
    ARM = "arm"
    ARM64 = "arm64"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Export:
    """One entry of the export table."""

    name: str | None  # None: by ordinal alone
    ordinal: int
    forward: str | None = None  # `DLL.Function` of a forwarder


@dataclass(frozen=True, slots=True)
class Section:
    """One section header; sizes in bytes."""

    name: str
    virtual_size: int
    raw_size: int
    writable: bool
    executable: bool


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """The strings of VS_VERSIONINFO that tell who a file says it is. None: not there."""

    company: str | None = None
    product: str | None = None
    description: str | None = None
    original_name: str | None = None
    internal_name: str | None = None
    file_version: str | None = None
    product_version: str | None = None
    copyright: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """What the PE parser gives: the file as its headers describe it."""

    machine: Machine
    is_dll: bool
    is_managed: bool  # has a CLR header
    is_64bit: bool  # PE32+
    exports: tuple[Export, ...]
    imports: tuple[tuple[str, tuple[str, ...]], ...]  # (dll, functions); `#n` for an ordinal
    sections: tuple[Section, ...]
    version: VersionInfo | None
    timestamp: datetime | None  # link time as the header claims it
    delayed: int = 0  # how many of `imports`, the last ones, are bound when they are first called
    any_cpu: bool = False  # managed, IL only, no 32-bit requirement
    notes: tuple[str, ...] = ()  # what could not be read of it

    @property
    def bound(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the imports that are bound when the file is loaded."""
        return self.imports[: len(self.imports) - self.delayed]

    def exported(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return which of `names` are exported, plain or decorated as stdcall (`_Name@12`)."""
        found = {undecorated(export.name) for export in self.exports if export.name}
        return tuple(name for name in names if name in found)

    def exports_name(self, name: str) -> bool:
        """Tell whether `name` is exported, plain or decorated."""
        return bool(self.exported((name,)))


def undecorated(name: str) -> str:
    """Return the name of a function without the decoration of stdcall."""
    return name[1:].partition("@")[0] if name[0] == "_" and "@" in name else name


@dataclass(frozen=True, slots=True)
class Binary:
    """An executable file of the evidence: its bytes' hash and, if it is a PE, its image."""

    path: str
    size: int
    sha256: str
    modified: datetime | None
    image: Image | None  # None: not a PE, or unreadable; `problem` says which
    problem: str | None = None
    origin: str = ""
    examination: Examination | None = None  # None: it was read by its headers alone
