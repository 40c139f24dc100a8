"""Who stands behind what was heard: chains of processes and logons, looked up in a second pass."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from iisight.engine.hunt import hunt
from iisight.engine.listening import Heard
from iisight.engine.origins import Origins, known_of, sought
from iisight.model.activity import Activity, Actor
from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.model.report import Report
from iisight.parsers import evtx
from iisight.telemetry import seek as seeking
from iisight.telemetry.logs import Log, find_logs
from iisight.telemetry.seek import Sought, seek
from iisight.workbench.evtx import Record, write
from tests.builders.gathered import START, SYSMON, event

SECURITY = ("Microsoft-Windows-Security-Auditing", "Security")
IIS = ("Microsoft-Windows-IIS-Configuration", "Microsoft-IIS-Configuration/Operational")
TYPES = {"ProcessGuid": "guid", "ParentProcessGuid": "guid", "LogonId": "hex64", "TargetLogonId": "hex64"}
APPCMD = r"C:\Windows\System32\inetsrv\appcmd.exe"
SHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
EXPLORER = r"C:\Windows\explorer.exe"
INSTALL = r"appcmd.exe install module /name:Odd /image:C:\ProgramData\odd.dll"


def guid(number: int) -> str:
    """Return a GUID as logs write it."""
    return f"{{5A1C0FE1-6F88-69A3-1102-{number:012X}}}"


def process(
    number: int, image: str, command: str, parent: int, by: str, seconds: int, logon: str = "0x5f3a21"
) -> Event:
    """Return the start of a process, with the GUIDs of Sysmon."""
    return event(
        SYSMON, 1, seconds, ProcessGuid=guid(number), ProcessId=str(1000 + number), Image=image, CommandLine=command,
        OriginalFileName=image.rpartition("\\")[2], User=r"CONTOSO\eve", LogonId=logon, ParentProcessGuid=guid(parent),
        ParentImage=by,
    )  # fmt: skip


def logon(seconds: int, number: str = "0x5f3a21", kind: str = "10", address: str = "203.0.113.44") -> Event:
    """Return a logon."""
    return event(
        SECURITY, 4624, seconds, TargetUserName="eve", TargetDomainName="CONTOSO", TargetLogonId=number, LogonType=kind,
        IpAddress=address,
    )  # fmt: skip


def logs(folder: Path, found: Mapping[str, Sequence[Event]]) -> list[Log]:
    """Return such event logs."""
    for name, events in found.items():
        (folder / f"{name}.evtx").write_bytes(write([Record(e, TYPES) for e in events]))
    return [log for log in find_logs([str(folder)]) if isinstance(log, Log)]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the number of each chunk whose records are read."""
    read: list[int] = []
    events = evtx.events

    def counting(chunk: evtx.Chunk, at: Locator) -> Iterator[Event | Lost]:
        read.append(chunk.number)
        return events(chunk, at)

    monkeypatch.setattr(evtx, "events", counting)
    return read


STORY = {
    "Security": [logon(0)],
    "Sysmon": [process(2, SHELL, "powershell.exe", 1, EXPLORER, 60), process(3, APPCMD, INSTALL, 2, SHELL, 120)],
}


def told(folder: Path, found: Mapping[str, Sequence[Event]]) -> Report:
    """Return what a hunt tells."""
    return hunt("logs", logs(folder, found), rules=())


def test_the_chain_and_the_logon_are_told_with_an_act(tmp_path: Path) -> None:
    (moment,) = told(tmp_path, STORY).timeline

    assert moment.who == (
        rf"CONTOSO\eve, explorer.exe > powershell.exe > {INSTALL},"
        " logged on by remote desktop from 203.0.113.44 at 2026-03-01 10:00:00Z"
    )


def test_what_only_has_a_guid_gets_the_program_and_those_above_it(tmp_path: Path) -> None:
    drop = event(
        SYSMON, 11, 90, ProcessGuid=guid(2), Image=SHELL, TargetFilename=r"C:\Windows\System32\inetsrv\odd.dll"
    )  # fmt: skip
    found = {**STORY, "Sysmon": [STORY["Sysmon"][0], drop]}
    (moment,) = told(tmp_path, found).timeline

    assert moment.who == r"CONTOSO\eve, explorer.exe > powershell.exe"


def test_a_change_gets_its_program_by_the_process_id(tmp_path: Path) -> None:
    change = event(
        IIS, 29, 121, Configuration="/system.webServer/globalModules/add[@name='Odd']/@image", EditOperationType="1",
        NewValue=r"C:\ProgramData\odd.dll",
    )  # fmt: skip
    written = Event(change.provider, change.channel, 29, change.time, "WEB01", process=1003, fields=change.fields)
    report = told(tmp_path, {**STORY, "IIS": [written]})

    assert {m.who for m in report.timeline} == {report.timeline[0].who}
    assert "powershell.exe > appcmd.exe install module" in report.timeline[1].who


@pytest.mark.parametrize("seconds", [60, 900])
def test_a_process_id_alone_is_not_believed_for_long_nor_before_the_process_began(seconds: int) -> None:
    creation = Activity(process(3, APPCMD, INSTALL, 2, SHELL, 120), Actor(process=APPCMD, pid=1003, user="eve"))
    later = Event(*IIS, 29, START + timedelta(seconds=seconds), "WEB01", process=1003)
    heard = [Heard(creation), Heard(Activity(later, Actor(pid=1003)))]

    assert Origins(known_of(heard, Sought())).told(heard[1]).activity.actor.process == ""


def test_a_logon_of_another_computer_is_not_taken(tmp_path: Path) -> None:
    other = logon(0)
    elsewhere = Event(other.provider, other.channel, 4624, other.time, "DC01", fields=other.fields)

    assert "logged on" not in told(tmp_path, {**STORY, "Security": [elsewhere]}).timeline[0].who


def test_the_systems_own_logons_are_not_sought() -> None:
    found = process(3, APPCMD, INSTALL, 2, SHELL, 120, "0x3e7")
    asked = sought([Heard(Activity(found, Actor(logon="0x3e7", parent_guid=guid(2))))])

    assert (asked.logons, asked.guids) == (set(), {guid(2)})


def test_nothing_is_read_when_there_is_nothing_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = logs(tmp_path, STORY)
    monkeypatch.setattr(Log, "open", lambda _: pytest.fail("a log was opened"))

    assert list(seek(found, Sought(), lambda *_: None)) == []


def test_only_chunks_with_the_bytes_of_an_id_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = [process(n, SHELL, "powershell.exe", 1, EXPLORER, n, "0x777") for n in range(10, 2_000)]
    (log,) = logs(tmp_path, {"Sysmon": [*noise, process(5, SHELL, "powershell.exe", 1, EXPLORER, 3_000)]})
    read = counted(monkeypatch)
    asked = Sought(guids={guid(5)})
    list(seek([log], asked, lambda *_: None))

    assert [p.actor.guid for p in asked.processes] == [guid(5)]
    assert len(read) == 1
    assert read[0] > 5


def test_an_id_that_is_never_found_costs_few_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children = [process(n, SHELL, "powershell.exe", 1, EXPLORER, n) for n in range(10, 2_000)]
    (log,) = logs(tmp_path, {"Sysmon": children})
    read = counted(monkeypatch)
    list(seek([log], Sought(guids={guid(1)}), lambda *_: None))

    assert len(read) == seeking.MAX_TRIES


def test_a_loop_of_parents_ends() -> None:
    actors = [Actor(process=SHELL, guid=guid(n), parent=SHELL, parent_guid=guid(3 - n)) for n in (1, 2)]
    starts = [process(n, SHELL, "x", 3 - n, SHELL, n) for n in (1, 2)]
    heard = [Heard(Activity(start, actor)) for start, actor in zip(starts, actors, strict=True)]

    assert Origins(known_of(heard, Sought())).ancestors(heard[0].activity.actor) == (SHELL, SHELL)


def test_a_worker_process_is_told_by_its_pool(tmp_path: Path) -> None:
    worker = r"C:\Windows\System32\inetsrv\w3wp.exe"
    command = f'{worker} -ap "Shop" -v "v4.0"'
    load = event(
        SYSMON, 7, 90, ProcessGuid=guid(7), Image=worker, ImageLoaded=r"C:\ProgramData\odd.dll", Signed="false"
    )
    found = {"Sysmon": [process(7, worker, command, 1, r"C:\Windows\System32\svchost.exe", 80, "0x3e7"), load]}
    whos = [m.who for m in told(tmp_path, found).timeline if m.source == "Sysmon 7"]

    assert whos == [r"CONTOSO\eve, svchost.exe > w3wp.exe of pool 'Shop'"]
