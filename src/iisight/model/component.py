"""One thing IIS will load or run, with everything that is known of it."""

from dataclasses import dataclass
from enum import StrEnum

from iisight.model.binary import Binary
from iisight.model.config import Fate
from iisight.model.locator import Locator


class Kind(StrEnum):
    """How IIS comes to run it; the comment names the mechanism of `docs/design/mechanisms.md`."""

    NATIVE_MODULE = "native-module"  # L-01
    MANAGED_MODULE = "managed-module"  # L-02, L-03
    MANAGED_HANDLER = "managed-handler"  # L-04
    ISAPI_EXTENSION = "isapi-extension"  # L-05
    ISAPI_FILTER = "isapi-filter"  # L-06, L-28
    CGI = "cgi"  # L-07
    FASTCGI = "fastcgi"  # L-08
    NATIVE_HANDLER = "native-handler"  # L-04: a handler row served by a native module
    APP_PROCESS = "app-process"  # L-09
    TRACE_ACTION = "trace-action"  # L-10
    POOL_ACTION = "pool-action"  # L-11
    CLR_LOADER = "clr-loader"  # L-12
    ENVIRONMENT = "environment"  # L-13
    AUTO_START = "auto-start"  # L-14
    COMPRESSION = "compression"  # L-15
    LOG_PLUGIN = "log-plugin"  # L-16
    WEBDAV_STORE = "webdav-store"  # L-17
    FTP_PROVIDER = "ftp-provider"  # L-18
    WAS_PROTOCOL = "was-protocol"  # L-19
    MANAGER_PROVIDER = "manager-provider"  # L-20
    REWRITE_PROVIDER = "rewrite-provider"  # L-21
    REWRITE_PROXY = "rewrite-proxy"  # L-21
    WEB_FARM = "web-farm"  # L-22
    SCHEMA_EXTENSION = "schema-extension"  # L-23
    TYPE_REFERENCE = "type-reference"  # L-24
    START_CODE = "start-code"  # L-25
    APP_ASSEMBLY = "app-assembly"  # L-25: a DLL in bin
    PRECOMPILED = "precompiled"  # L-25
    DEPLOY_RULE = "deploy-rule"  # L-30
    DATABASE_PROVIDER = "database-provider"  # L-31
    ERROR_PAGE = "error-page"  # L-32
    SERVICE = "service"  # L-29: a file or command of a Windows service of IIS
    PROCESS_HOOK = "process-hook"  # L-33: what Windows loads into, or starts in place of, processes of IIS
    SLEEPER = "sleeper"  # L-27: exports an IIS entry point, registered nowhere


class Verdict(StrEnum):
    """What iisight says of a component, from best to worst."""

    KNOWN = "known"
    TRUSTED = "trusted"
    UNVERIFIED = "unverified"
    SUSPICIOUS = "suspicious"
    MALICIOUS = "malicious"


class ImageState(StrEnum):
    """What became of the search for a component's file."""

    READ = "read"
    MISSING = "missing"  # its folder's peers are in the evidence, the file is not
    NOT_COLLECTED = "not-collected"  # the evidence does not hold binaries from there
    UNRESOLVED = "unresolved"  # the name does not lead to a path: variable, search order, assembly
    NONE = "none"  # it has no file of its own


@dataclass(frozen=True, slots=True)
class Registration:
    """One place where configuration (or a file's mere presence) makes IIS load the component."""

    locator: Locator
    section: str  # `system.webServer/globalModules`; empty when no configuration names it
    scope: str  # configuration path at which it is written
    attributes: tuple[tuple[str, str], ...]
    fate: Fate = Fate.ACTIVE
    by: Locator | None = None  # what removed, cleared or locked it
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """From `scope` downwards the component is, or is not, effective, until a deeper Presence says otherwise."""

    scope: str
    effective: bool
    by: Locator | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CatalogueMatch:
    """What the catalogue says of a component. `agrees` and `differs` name the facts compared."""

    product: str
    tier: str  # `core`, `ms`, `3p`
    source: str
    agrees: tuple[str, ...]  # of `name`, `image`, `type`, `precondition`, `scope`
    differs: tuple[str, ...] = ()
    expected: str = ""  # the catalogue's image or type, when it differs

    @property
    def exact(self) -> bool:
        """Tell whether everything compared agrees."""
        return bool(self.agrees) and not self.differs


@dataclass(frozen=True, slots=True)
class Component:
    """One thing IIS will load or run."""

    id: str  # stable across runs and hosts: `native-module:HttpLoggingModule:c:\\windows\\…`
    kind: Kind
    mechanism: str  # `L-01`
    name: str
    image: str | None  # Windows path, variables expanded; None for a type or a setting
    type: str | None  # .NET type as written, ProgID or CLSID
    arguments: str = ""
    precondition: str = ""
    registrations: tuple[Registration, ...] = ()
    presence: tuple[Presence, ...] = ()
    pools: tuple[str, ...] | None = None  # pools that meet the preCondition; None: all of them
    image_state: ImageState = ImageState.NONE
    binary: Binary | None = None
    twin: Binary | None = None  # the WOW64 twin, when 32-bit pools would load that instead
    match: CatalogueMatch | None = None
    type_found: bool | None = None  # the assembly that was read defines `type`; None: not looked up
    server: str = "IIS"  # which configuration of the evidence it is of: `IIS`, `IIS Express`, `IIS Manager`

    @property
    def effective(self) -> bool:
        """Tell whether it is in force anywhere."""
        return self.pools != () and any(p.effective for p in self.presence)
