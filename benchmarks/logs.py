"""Event logs of any size, made in code: what a busy server logs, with as many chunks that matter as wanted."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from iisight.model.event import Event
from iisight.workbench.evtx import write

CHUNK = 0x10000
HEADER = 0x1000
_DISTINCT = 48  # chunks of noise that are repeated; more take long to make and measure the same
_PER_CHUNK = 400  # records that are made for one chunk, more than it holds

_SYSMON = ("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational")
_SECURITY = ("Microsoft-Windows-Security-Auditing", "Security")
_PROGRAMS = (
    r"C:\Windows\System32\svchost.exe",
    r"C:\Windows\System32\conhost.exe",
    r"C:\Windows\System32\taskhostw.exe",
    r"C:\Program Files\Contoso\Backup\agent.exe",
    r"C:\Windows\System32\wbem\WmiPrvSE.exe",
    r"C:\Program Files\Microsoft SQL Server\MSSQL15.MSSQLSERVER\MSSQL\Binn\sqlservr.exe",
    r"C:\Windows\System32\SearchIndexer.exe",
)
_APPCMD = r"C:\Windows\System32\inetsrv\appcmd.exe"
_START = datetime(2026, 3, 1, tzinfo=UTC)


def make(path: Path, megabytes: int, share: float) -> None:
    """Write a log of that size in MiB in which a `share` of the chunks holds a command that changes the server."""
    chance = random.Random(20260301)
    noise = [_chunk(chance, relevant=False) for _ in range(_DISTINCT)]
    relevant = [_chunk(chance, relevant=True) for _ in range(4)]
    count = megabytes * 1024 * 1024 // CHUNK
    step = round(1 / share)
    with path.open("wb") as file:
        file.write(write([])[:HEADER].ljust(HEADER, b"\0"))
        for number in range(count):
            file.write(chance.choice(relevant if number % step == 0 else noise))


def _chunk(chance: random.Random, *, relevant: bool) -> bytes:
    """Return one full chunk."""
    events = list(_noise(chance))
    if relevant:
        events[20:20] = [_command(chance)]
    data = write(events)
    return data[HEADER : HEADER + CHUNK]


def _noise(chance: random.Random) -> Iterator[Event]:
    for number in range(_PER_CHUNK):
        time = _START + timedelta(seconds=number)
        kind = chance.randrange(4)
        program, other = chance.choice(_PROGRAMS), chance.choice(_PROGRAMS)
        user = f"CONTOSO\\user{chance.randrange(500):03}"
        if kind == 0:
            fields = {
                "UtcTime": str(time), "ProcessId": str(chance.randrange(65536)), "Image": program,
                "OriginalFileName": program.rpartition("\\")[2], "Company": "Contoso",
                "CommandLine": f'"{program}" -k task{chance.randrange(10**6)} -p', "User": user,
                "CurrentDirectory": "C:\\Windows\\system32\\", "Hashes": f"SHA256={chance.getrandbits(256):064X}",
                "ParentImage": other, "ParentCommandLine": f"{other} -s Schedule",
            }  # fmt: skip
            yield _event(_SYSMON, 1, time, fields)
        elif kind == 1:
            place = f"C:\\Users\\{user[8:]}\\AppData\\Local\\Temp\\{chance.getrandbits(64):016x}.tmp"
            fields = {"UtcTime": str(time), "Image": program, "TargetFilename": place, "User": user}
            yield _event(_SYSMON, 11, time, fields)
        elif kind == 2:
            fields = {
                "SubjectUserName": user, "NewProcessName": program, "ParentProcessName": other,
                "CommandLine": f"{program} /service:{chance.getrandbits(32):08x}",
            }  # fmt: skip
            yield _event(_SECURITY, 4688, time, fields)
        else:
            address = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
            fields = {"TargetUserName": user, "LogonType": "3", "IpAddress": address, "WorkstationName": "-"}
            yield _event(_SECURITY, 4624, time, fields)


def _command(chance: random.Random) -> Event:
    name = f"Module{chance.randrange(10**6)}"
    fields = {
        "Image": _APPCMD,
        "OriginalFileName": "appcmd.exe",
        "CommandLine": f'appcmd.exe install module /name:{name} /image:"C:\\Program Files\\Contoso\\{name}.dll"',
        "User": "CONTOSO\\admin",
        "ParentImage": r"C:\Windows\System32\cmd.exe",
    }
    return _event(_SYSMON, 1, _START, fields)


def _event(source: tuple[str, str], number: int, time: datetime, fields: dict[str, str]) -> Event:
    return Event(source[0], source[1], number, time, "WEB01.contoso.test", fields=fields)
