"""What was read of an executable file: headers, names, version, hash."""

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
    any_cpu: bool = False  # managed, IL only, no 32-bit requirement
    notes: tuple[str, ...] = ()  # what could not be read of it

    def exports_name(self, name: str) -> bool:
        """Tell whether `name` is exported, plain or decorated as stdcall (`_Name@12`)."""
        decorated = f"_{name}@"
        return any(e.name == name or (e.name or "").startswith(decorated) for e in self.exports)


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
