"""What an event says was done to the server: the values that event rules and stories speak of, whoever logged it."""

from dataclasses import dataclass
from enum import StrEnum

from iisight.model.event import Event

FILES, SHARE = "file system", "file share"  # tools: a file was touched, and the event tells no command
WORKER, API = "IIS worker process", "IIS configuration API"  # tools
ASKED = "a handle was asked for"  # note: that it was used is not said
STREAM = "alternate data stream: "  # how the note begins when it was not the file's own content


class Act(StrEnum):
    """What was done, or what happened."""

    REGISTER = "register"  # a component came into the configuration, or its registration was changed
    UNREGISTER = "unregister"  # a component was taken out of the configuration
    CONFIGURE = "configure"  # any other change of the configuration
    UNLOCK = "unlock"  # a section was delegated: sites may set it now
    RESTORE = "restore"  # the configuration was replaced as a whole: a backup, a migration, an import
    COMMIT = "commit"  # changes were written (IIS-Configuration 50)
    EXPOSE = "expose"  # credentials of the configuration were listed or decrypted
    INSTALL = "install"  # an assembly came into the GAC, a COM class or a feature was installed
    WRITE = "write"  # a file was made, written, renamed into place or copied
    DELETE = "delete"  # a file was deleted
    RETIME = "retime"  # a file was given another time
    SET_VALUE = "set-value"  # a registry value was set
    START = "start"  # a process started
    LOAD = "load"  # a worker process loaded an image or an assembly
    LOAD_FAILED = "load-failed"  # IIS could not load an image
    FAULT = "fault"  # a worker process failed, or ASP.NET refused what it was sent
    BLIND = "blind"  # logging or auditing was switched off or thinned out
    CLEAR = "clear"  # a log was emptied, or its files were deleted
    EXEMPT = "exempt"  # protection was told not to look
    DETECT = "detect"  # protection found or blocked something


@dataclass(frozen=True, slots=True)
class Actor:
    r"""Who did it, as far as the event tells. Empty means the event does not say."""

    user: str = ""  # `DOMAIN\name`
    sid: str = ""
    logon: str = ""  # logon id, `0x…`
    process: str = ""  # Windows path of the program
    command: str = ""
    pid: int | None = None
    guid: str = ""  # Sysmon's ProcessGuid
    parent: str = ""  # Windows path of the program that started it
    parent_command: str = ""
    parent_guid: str = ""
    installer: str = ""  # the one at work, by name: `TrustedInstaller`, `msiexec`, `iissetup`, `Exchange setup`, …


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that an event says was done."""

    act: Act
    tool: str  # how it was done: `AppCmd`, `WebAdministration`, `IIS configuration API`, `gacutil`, `file system`, …
    subject: str = ""  # what it was done to: a Windows path, a registry key, a channel, a process's image
    section: str = ""  # configuration section, in full: `system.webServer/globalModules`
    name: str = ""  # of the module, filter, handler, pool or attribute
    code: str = ""  # what it would run: Windows path as written, or .NET type
    scope: str = ""  # configuration path: a site, a location; empty for the server
    old: str = ""
    new: str = ""
    note: str = (
        ""  # what the reader must know besides: `-EncodedCommand`, `name hidden by carets`, `renamed appcmd.exe`
    )
    failed: bool = False  # it was tried, and nothing came of it


@dataclass(frozen=True, slots=True)
class Activity:
    """An event with what it means: who did what. `sigma` names the Sigma rules whose condition it meets."""

    event: Event
    actor: Actor = Actor()
    actions: tuple[Action, ...] = ()
    sigma: tuple[str, ...] = ()
