r"""Who may do what to a file, a folder or a registry key: a security descriptor as values, and the seam to ask for one.

Masks are those of winnt.h; MS-DTYP 2.4 names the parts of a descriptor.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from iisight.model.locator import Locator

WRITE_DATA, APPEND_DATA, DELETE_CHILD = 0x2, 0x4, 0x40
DELETE, WRITE_DAC, WRITE_OWNER = 0x1_0000, 0x4_0000, 0x8_0000
GENERIC_ALL, GENERIC_EXECUTE, GENERIC_WRITE, GENERIC_READ = 0x1000_0000, 0x2000_0000, 0x4000_0000, 0x8000_0000
FILE_ALL, FILE_READ, FILE_WRITE, FILE_EXECUTE = 0x1F_01FF, 0x12_0089, 0x12_0116, 0x12_00A0
KEY_ALL, KEY_READ, KEY_WRITE = 0xF_003F, 0x2_0019, 0x2_0006
CHANGES = WRITE_DATA | APPEND_DATA | DELETE_CHILD | WRITE_DAC | WRITE_OWNER
"""What lets somebody put a file into a folder, change one, or give himself the right to."""
REMOVES = DELETE | DELETE_CHILD | WRITE_DATA | WRITE_DAC | WRITE_OWNER
"""What lets somebody delete or empty a file."""

_FILE_GENERIC = {
    GENERIC_ALL: FILE_ALL,
    GENERIC_READ: FILE_READ,
    GENERIC_WRITE: FILE_WRITE,
    GENERIC_EXECUTE: FILE_EXECUTE,
}


class AceKind(StrEnum):
    """What an entry of a list does."""

    ALLOW = "allow"
    DENY = "deny"
    AUDIT = "audit"
    OTHER = "other"  # labels, attributes: grants and refuses nothing


@dataclass(frozen=True, slots=True)
class Trustee:
    """An account or a group. A name alone is what a listing in the language of the server gives."""

    sid: str = ""  # `S-1-5-32-544`; of a domain's well-known groups that SDDL abbreviates `S-1-5-21-*-512`
    name: str = ""

    def is_same(self, other: "Trustee") -> bool:
        """Tell whether two are one: by SID when both have one, else by name in any case."""
        if self.sid and other.sid:
            return self.sid.upper() == other.sid.upper()
        return bool(self.name) and self.name.lower() == other.name.lower()

    def __str__(self) -> str:
        """Return the name, else the SID."""
        return self.name or self.sid


@dataclass(frozen=True, slots=True)
class Ace:
    """One entry; `mask` has its generic rights mapped to those of files."""

    kind: AceKind
    trustee: Trustee
    mask: int
    inherited: bool = False
    to_files: bool = False  # object inherit: files in the folder get it
    to_folders: bool = False  # container inherit
    inherit_only: bool = False  # it says nothing of the folder itself
    on_success: bool = False  # of an audit entry
    on_failure: bool = False
    conditional: bool = False  # counts only when an expression over claims holds


@dataclass(frozen=True, slots=True)
class Acl:
    """The descriptor of one object, as far as the evidence has it. None stands for a part that it has not."""

    path: str
    owner: Trustee | None
    aces: tuple[Ace, ...] | None  # of the DACL, in their order
    audits: tuple[Ace, ...] | None  # of the SACL
    locator: Locator
    is_open: bool = False  # a DACL that is NULL: everybody may do anything
    doubts: tuple[str, ...] = ()  # entries that could not be read


class Acls(Protocol):
    """Descriptors by path: of an export in the evidence, of memory, of a live Windows."""

    def of(self, path: str) -> Acl | None:
        r"""Return the descriptor of a Windows path or of a key (`HKLM\…`), None when it is not known."""
        ...


def file_mask(mask: int) -> int:
    """Return a mask with generic rights replaced by those of files (the mapping of winnt.h)."""
    for generic, rights in _FILE_GENERIC.items():
        if mask & generic:
            mask = mask & ~generic | rights
    return mask


def granted(acl: Acl, trustees: Collection[Trustee], *, inside: bool = False) -> int:
    """Return the rights that a token with these trustees gets to the object, or to new files `inside` a folder.

    Entries count in their order, as in Windows: what an earlier one allows a later one does not take back. Conditional
    entries are left out: nobody knows here whether they hold.
    """
    if acl.is_open:
        return FILE_ALL
    allowed = denied = 0
    for ace in acl.aces or ():
        if not _applies(ace, inside) or not any(ace.trustee.is_same(t) for t in trustees):
            continue
        if ace.kind is AceKind.DENY:
            denied |= ace.mask & ~allowed
        elif ace.kind is AceKind.ALLOW:
            allowed |= ace.mask & ~denied
    return allowed


def allowing(acl: Acl, rights: int) -> Iterator[Ace]:
    """Yield the entries that allow some of the rights to the object or inside it, conditional ones included."""
    return (ace for ace in acl.aces or () if ace.kind is AceKind.ALLOW and ace.mask & rights)


def _applies(ace: Ace, inside: bool) -> bool:
    if ace.conditional:
        return False
    return (ace.to_files or ace.to_folders) if inside else not ace.inherit_only
