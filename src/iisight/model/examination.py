"""What a close look at an executable file gave: anatomy, signature, what it asks for, what it can do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from iisight.model.signature import Signature


@dataclass(frozen=True, slots=True)
class SectionContent:
    """What a section of a PE file holds."""

    name: str
    entropy: float  # bits per byte, 0 to 8, rounded to two decimals


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a PE file, or of an assembly. Sizes in bytes."""

    type: str  # `RT_VERSION`, `RT_RCDATA`, …; `managed` for a manifest resource of an assembly
    name: str
    size: int
    content: str = ""  # `pe`, `assembly`, `zip`, …, where its first bytes say so


@dataclass(frozen=True, slots=True)
class RichEntry:
    """A tool that made parts of the file, of the Rich header: product id, build, count of objects."""

    product: int
    build: int
    count: int


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A PE file below its headers."""

    imphash: str = ""  # MD5 of the import table, as pefile and LIEF have it; empty: no imports
    sections: tuple[SectionContent, ...] = ()
    resources: tuple[Resource, ...] = ()
    rich: tuple[RichEntry, ...] = ()
    rich_fits: bool | None = None  # its checksum fits the header; None: there is none
    pdb: str = ""  # path of the symbols, of the CodeView record
    tls_callbacks: int = 0
    overlay: tuple[int, int] | None = None  # (offset, size) of what follows the last section, signatures left out
    checksum_fits: bool | None = None  # None: the header gives none
    has_guard_cf: bool = False  # control flow guard, of the load configuration
    is_reproducible: bool = False  # the link time is a hash (IMAGE_DEBUG_TYPE_REPRO)
    is_debug: bool = False  # debug build: debug runtime imported, VS_FF_DEBUG or DebuggableAttribute without optimiser
    times: tuple[tuple[str, datetime], ...] = ()  # further link times: `export table`, `debug directory`, `resources`
    oddities: tuple[str, ...] = ()  # what linkers do not do: `entry point outside .text`, `link time of 1992`
    packer: tuple[str, ...] = ()  # traces of a packer: `section UPX0`, `.text has entropy 7.98`


@dataclass(frozen=True, slots=True)
class AssemblyName:
    """Who an assembly says it is, or names as a reference."""

    name: str
    version: str  # `4.0.0.0`
    public_key_token: str = ""  # sixteen hex digits; empty: not strong-named
    culture: str = ""


@dataclass(frozen=True, slots=True)
class ManagedType:
    """A type of an assembly that ASP.NET or IIS could be told to run."""

    name: str  # `Namespace.Name`, `Outer+Nested`
    roles: tuple[str, ...]  # full names of the interfaces and bases that make it one: `System.Web.IHttpModule`


@dataclass(frozen=True, slots=True)
class ManagedAttribute:
    """A custom attribute of the assembly itself, with the texts it was given."""

    type: str  # `System.Web.PreApplicationStartMethodAttribute`
    arguments: tuple[str, ...] = ()  # type names and strings, in order


@dataclass(frozen=True, slots=True)
class Call:
    """A call in the IL that matters."""

    target: str  # `System.Diagnostics.Process::Start`
    method: str  # where: `Contoso.Module::OnBegin`
    offset: int  # of the call in the method's IL, in bytes
    arguments: tuple[str, ...] = ()  # string constants pushed right before, when they are


@dataclass(frozen=True, slots=True)
class Assembly:
    """A .NET assembly, from its metadata and IL; nothing of it was run."""

    name: AssemblyName
    references: tuple[AssemblyName, ...] = ()
    types: tuple[ManagedType, ...] = ()  # those with a role, in the order of the table
    attributes: tuple[ManagedAttribute, ...] = ()  # those that start code or tell how it was built
    resources: tuple[Resource, ...] = ()
    calls: tuple[Call, ...] = ()
    native_imports: tuple[str, ...] = ()  # P/Invoke: `kernel32.dll!VirtualAlloc`
    is_mixed: bool = False  # native code beside IL
    obfuscation: tuple[str, ...] = ()  # traces: `ConfusedByAttribute`, `most names cannot be typed`


@dataclass(frozen=True, slots=True)
class Subscription:
    """One thing a module, filter or managed module asks to be called for."""

    event: str  # `RQ_BEGIN_REQUEST`, `GL_PRE_BEGIN_REQUEST`, `SF_NOTIFY_LOG`, `BeginRequest`
    post: bool = False  # RQ_* alone: after the notification
    priority: str = ""  # `FIRST`, `HIGH`, `MEDIUM`, `LOW`, `LAST`; empty: not set
    method: str = ""  # managed: the method that is called
    place: str = ""  # where it is asked for: `RVA 0x1a2b`, `Contoso.Module::Init+0x12`


class Ability(StrEnum):
    """What a component can do: the verbs of T1505.004 (observe, modify, execute, proxy) told apart."""

    READS_REQUESTS = "reads raw requests"
    REWRITES_RESPONSES = "rewrites responses"
    HOOKS_LOGGING = "hooks logging"
    RUNS_PROCESSES = "runs processes"
    LOADS_CODE = "loads code from memory"
    OPENS_SOCKETS = "opens sockets"
    CALLS_OUT = "makes outbound HTTP requests"
    LISTENS = "listens for connections of its own"
    IMPERSONATES = "impersonates accounts"
    READS_SECRETS = "touches LSASS, SAM or secrets"
    USES_REGISTRY = "uses the registry"
    USES_CRYPTO = "uses cryptography"
    KNOWS_CRAWLERS = "knows search engines' crawlers"
    PARSES_COMMANDS = "reads commands from cookies or headers"
    STAGES_FILES = "stages files in temporary folders"
    ADDS_MODULES = "registers modules at run time"


@dataclass(frozen=True, slots=True)
class Trace:
    """What an ability was told from, for an analyst to check by hand."""

    kind: str  # `import`, `string`, `call`, `subscription`
    text: str  # `kernel32.dll!CreateProcessW`, `Googlebot`, `System.Diagnostics.Process::Start`
    offset: int | None = None  # in the file
    place: str = ""  # method of a call


@dataclass(frozen=True, slots=True)
class Capability:
    """One ability and its traces."""

    ability: Ability
    traces: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class YaraString:
    """A string of a YARA rule that was found."""

    identifier: str  # `$agent`
    offset: int  # in the file
    text: str  # the bytes, unprintable ones as `\xNN`, cut


@dataclass(frozen=True, slots=True)
class YaraMatch:
    """A YARA rule that matches the file."""

    rule: str
    source: str  # `iisight`, or the file of the user's rule
    strings: tuple[YaraString, ...] = ()
    meta: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CapaMatch:
    """A rule of capa that matches the file."""

    rule: str  # `persist via IIS module`
    attack: tuple[str, ...]  # ids of ATT&CK
    places: tuple[int, ...]  # addresses in the file as it would be loaded, or tokens of metadata; the first few


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that a close look gave. What is None or empty beside a note could not be had."""

    anatomy: Anatomy | None = None
    signature: Signature | None = None
    authentihash: tuple[tuple[str, str], ...] = ()  # (`sha256`, hex) as catalogues list it; empty when it is signed
    assembly: Assembly | None = None
    subscriptions: tuple[Subscription, ...] = ()
    undecided: tuple[str, ...] = ()  # what it asks for that could not be decoded, and why
    capabilities: tuple[Capability, ...] = ()
    yara: tuple[YaraMatch, ...] = ()
    capa: tuple[CapaMatch, ...] = ()  # only when it was asked for
    notes: tuple[str, ...] = ()  # what could not be examined, and why

    def can(self, ability: Ability) -> Capability | None:
        """Return the capability of an ability, or None."""
        return next((c for c in self.capabilities if c.ability is ability), None)
