"""Event logs made in code, and what a hunt through them gathers."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from iisight.model.activity import Activity
from iisight.model.event import Event
from iisight.telemetry.gather import Gathering
from iisight.telemetry.logs import Log, find_logs
from iisight.telemetry.search import Search
from iisight.workbench.evtx import write

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
SYSMON = ("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational")
POWERSHELL = ("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational")


def event(source: tuple[str, str], number: int, seconds: int = 0, **fields: str) -> Event:
    """Return an event of WEB01, some seconds after START."""
    return Event(*source, number, START + timedelta(seconds=seconds), "WEB01", fields=fields)


def started(image: str, command: str, seconds: int = 0, parent: str = r"C:\Windows\System32\cmd.exe") -> Event:
    """Return the start of a process, as Sysmon logs it."""
    return event(
        SYSMON, 1, seconds, Image=image, CommandLine=command, ParentImage=parent, User=r"CONTOSO\admin",
        OriginalFileName=image.rpartition("\\")[2],
    )  # fmt: skip


def appcmd(arguments: str, seconds: int = 0) -> Event:
    """Return the start of AppCmd."""
    path = r"C:\Windows\System32\inetsrv\appcmd.exe"
    return started(path, f"{path} {arguments}", seconds)


def noise(count: int) -> list[Event]:
    """Return events that say nothing of a web server."""
    program = r"C:\Program Files\Contoso\agent.exe"
    return [started(program, f'"{program}" --task {n:06}', n, parent=program) for n in range(count)]


def save(path: Path, events: Iterable[Event], per_chunk: int = 50) -> Path:
    """Write a log and return where it is."""
    path.write_bytes(write(events, per_chunk=per_chunk))
    return path


def logs_in(*paths: Path) -> list[Log]:
    """Return the logs that some files are."""
    return [found for found in find_logs(map(str, paths)) if isinstance(found, Log)]


def gather(
    logs: Sequence[Log], search: Search | None = None, workers: int = 1
) -> tuple[tuple[Activity, ...], Gathering]:
    """Return what logs tell, and the run with what it says of itself."""
    gathering = Gathering(logs, search or Search(), workers, lambda *_: None)
    return tuple(gathering.activities()), gathering
