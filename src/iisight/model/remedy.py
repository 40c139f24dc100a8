"""What would answer the checks of a server: values that policies and scripts are written from, for people to review."""

from dataclasses import dataclass
from enum import StrEnum

from iisight.model.posture import Answer


class Object(StrEnum):
    """What rights and audit entries are put on."""

    FOLDER = "folder"
    FILE = "file"
    KEY = "key"


class Data(StrEnum):
    """Types of a registry value that are written."""

    DWORD = "DWord"
    STRING = "String"


@dataclass(frozen=True, slots=True)
class Cause:
    """What a change answers: a check, what it says of this server, and what a person has to know before."""

    check: str  # `IIS911`
    answer: Answer
    message: str  # this host's facts
    question: str = ""  # what may break; empty: nothing that IIS or its sites need


@dataclass(frozen=True, slots=True)
class Setting:
    """One attribute of applicationHost.config."""

    cause: Cause
    section: str  # `system.applicationHost/sites`
    attribute: str
    value: str
    location: str = ""  # configuration path; empty: the server
    item: str = ""  # `name` of the entry of the section's collection; empty: the section itself
    element: str = ""  # below the section or entry, names with `/`


@dataclass(frozen=True, slots=True)
class Lock:
    """A section that no web.config is to set."""

    cause: Cause
    section: str
    location: str = ""  # configuration path; empty: the server


@dataclass(frozen=True, slots=True)
class FileSetting:
    """One attribute of a configuration file that IIS's own interface does not write: a root web.config of .NET."""

    cause: Cause
    path: str
    element: str  # `system.web/httpRuntime`
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class AuditedSubcategory:
    """A subcategory of the audit policy that is to record success; by GUID, for names are in the server's language."""

    cause: Cause
    guid: str
    name: str


@dataclass(frozen=True, slots=True)
class Channel:
    """An event log that is to be on, or larger. Size in bytes; None: as it is."""

    cause: Cause
    name: str
    size: int | None = None
    is_classic: bool = False  # one that cannot be switched off: `Security`


@dataclass(frozen=True, slots=True)
class RegistryValue:
    """A value of the registry."""

    cause: Cause
    key: str  # `HKLM\\…`
    name: str
    data: str  # decimal for DWORD
    type: Data = Data.DWORD


@dataclass(frozen=True, slots=True)
class Sacl:
    """An object whose changes are to leave an event."""

    cause: Cause
    path: str
    kind: Object


@dataclass(frozen=True, slots=True)
class Rights:
    """An object that accounts may change and should only read."""

    cause: Cause
    path: str
    accounts: tuple[str, ...]  # SIDs, names where the evidence has none
    gives_owner: bool = False  # its owner is one of them: Administrators become it


@dataclass(frozen=True, slots=True)
class ByHand:
    """A check that fails and that no script answers: what to do, and why a person has to."""

    cause: Cause
    remedy: str


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who signed a file, as far as a rule can name him."""

    common_name: str  # of the signer's certificate
    locker_name: str  # as AppLocker writes it: `O=CONTOSO LTD, L=BERLIN, C=DE`; empty: it has no organisation
    issuer: str = ""  # common name of the certificate that issued it
    issuer_tbs: str = ""  # hash of what was signed of that, upper-case hex; empty: the chain is not known


@dataclass(frozen=True, slots=True)
class CodeImage:
    """A file that IIS loads and that was verified, with what rules can be made of."""

    path: str
    components: tuple[str, ...]
    verdict: str  # `known`, `trusted`
    why: str
    is_dll: bool
    size: int  # in bytes
    sha1: str  # of the image as Authenticode counts it, upper-case hex
    sha256: str
    product: str = ""  # ProductName of its version
    original_name: str = ""  # OriginalFilename of its version
    publisher: Publisher | None = None  # None: nobody signed it whom a trusted root vouches for


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or component that no policy allows, and why."""

    name: str
    components: tuple[str, ...]
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class Watched:
    """Where changes matter, for Sysmon."""

    folders: tuple[str, ...]  # configuration, inetsrv, modules, .NET's own
    content: tuple[str, ...]  # folders of applications
    keys: tuple[str, ...]


Change = Setting | Lock | FileSetting | AuditedSubcategory | Channel | RegistryValue | Sacl | Rights


@dataclass(frozen=True, slots=True)
class Remedies:
    """Everything that is written for one server."""

    version: str  # of iisight
    evidence: str
    windir: str
    changes: tuple[Change, ...]
    by_hand: tuple[ByHand, ...]
    allowed: tuple[CodeImage, ...]
    left_out: tuple[LeftOut, ...]
    watched: Watched
