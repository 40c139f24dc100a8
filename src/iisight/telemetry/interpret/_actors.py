"""Who did it: the actor of the events whose fields several sources share."""

from functools import cache

from iisight.evidence import paths
from iisight.model.activity import Actor
from iisight.model.event import Event
from iisight.telemetry.interpret._fields import account, number, text
from iisight.telemetry.interpret._places import fold
from iisight.telemetry.interpret._tables import rows


def sysmon(event: Event) -> Actor:
    """Return who a Sysmon event speaks of. Field names: Sysmon schema 4.90; older schemas lack some."""
    process, parent = text(event, "Image"), text(event, "ParentImage")
    return Actor(
        user=text(event, "User"),
        logon=text(event, "LogonId"),
        process=process,
        command=text(event, "CommandLine"),
        pid=number(text(event, "ProcessId")),
        guid=text(event, "ProcessGuid"),
        parent=parent,
        parent_command=text(event, "ParentCommandLine"),
        parent_guid=text(event, "ParentProcessGuid"),
        installer=installer(process, parent),
    )


def audited(event: Event) -> Actor:
    """Return the subject of a Security event: Windows security auditing documentation."""
    process = text(event, "ProcessName")
    return Actor(
        user=account(text(event, "SubjectDomainName"), text(event, "SubjectUserName")),
        sid=text(event, "SubjectUserSid"),
        logon=text(event, "SubjectLogonId"),
        process=process,
        pid=number(text(event, "ProcessId")),
        installer=installer(process),
    )


def recorded(event: Event) -> Actor:
    """Return what the record's own header says: the SID and the process that wrote it."""
    return Actor(sid=event.user, pid=event.process)


def installer(*programs: str) -> str:
    """Return the installer that one of these programs is, by its name and folder; empty for none."""
    for program in filter(None, programs):
        folded = fold(program)
        name = folded.rpartition("\\")[2]
        for folder, known in _installers().get(name, ()):
            if folder in folded:
                return known
    return ""


@cache
def _installers() -> dict[str, tuple[tuple[str, str], ...]]:
    table: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in rows("installers"):
        table[row["program"]] = (*table.get(row["program"], ()), (row["folder"], row["installer"]))
    return table


def is_worker(path: str) -> bool:
    """Tell whether a program is the IIS worker process, by its name."""
    return paths.lower(paths.basename(path)) == "w3wp.exe"
