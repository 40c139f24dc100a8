"""What protects a server besides its configuration, as far as the evidence tells: audit, application control, services.

None stands for what the evidence does not hold; an empty value for what was looked for and is not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from iisight.model.acl import Acl, Acls, Trustee
from iisight.model.locator import Locator
from iisight.model.registry import Key


class Subcategory(StrEnum):
    """Subcategories of the audit policy that rules ask for, by GUID (ntsecapi.h)."""

    PROCESS_CREATION = "{0cce922b-69ae-11d9-bed3-505054503030}"
    FILE_SYSTEM = "{0cce921d-69ae-11d9-bed3-505054503030}"
    REGISTRY = "{0cce921e-69ae-11d9-bed3-505054503030}"
    FILE_SHARE = "{0cce9244-69ae-11d9-bed3-505054503030}"  # Detailed File Share


@dataclass(frozen=True, slots=True)
class AuditSetting:
    """One subcategory. None: in words of a language that is not known."""

    success: bool | None
    locator: Locator


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """The audit policy by folded GUID; of a subcategory that is not listed nothing is known."""

    settings: Mapping[str, AuditSetting]
    locator: Locator

    def of(self, subcategory: Subcategory) -> AuditSetting | None:
        """Return the setting of a subcategory."""
        return self.settings.get(subcategory.value)


class Enforcement(StrEnum):
    """What AppLocker does with a collection of rules."""

    ENFORCED = "enforced"
    AUDITED = "audited"  # it writes events and blocks nothing
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LockerRule:
    """One rule of AppLocker."""

    action: str  # `Allow`, `Deny`
    sid: str
    kind: str  # `FilePathRule`, `FilePublisherRule`, `FileHashRule`
    condition: str  # a path, `publisher\\product\\file`, hashes
    has_exceptions: bool = False


@dataclass(frozen=True, slots=True)
class DllRules:
    """AppLocker's collection for DLLs; `services`: it counts for processes of services too."""

    enforcement: Enforcement
    services: bool | None  # None: nobody can tell
    rules: tuple[LockerRule, ...]
    locator: Locator
    lost: int = 0  # rules that could not be read


@dataclass(frozen=True, slots=True)
class Members:
    """The members of the local group Administrators."""

    names: tuple[Trustee, ...]
    groups: tuple[Trustee, ...]  # those of the members that are groups themselves, whose members are not known
    locator: Locator


class NoAcls:
    """Knows no descriptor."""

    def of(self, path: str) -> Acl | None:
        """Return None."""
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Protection:
    """Everything of it."""

    acls: Acls = field(default_factory=NoAcls)
    audit: AuditPolicy | None = None
    dll_rules: DllRules | None = None  # None: nobody can tell whether there is such a collection
    no_dll_rules: bool = False  # the policy was read, and has none
    code_integrity: tuple[Locator, ...] | None = None  # policies of App Control (WDAC) by file
    administrators: Members | None = None
    keys: Mapping[str, Key | None] = field(default_factory=dict)  # by folded path; None: it is not there
    hives: tuple[str, ...] = ()
    folders: frozenset[str] = frozenset()  # folded folders of applications, and `bin`, of which there are files

    def key(self, path: str) -> Key | None:
        """Return a key that was asked for; None when it is not there, or not known (`holds`)."""
        return self.keys.get(path.upper())

    def holds(self, path: str) -> bool:
        """Tell whether the hive of a key was read."""
        return any(path.upper().startswith(hive.upper() + "\\") for hive in self.hives)
