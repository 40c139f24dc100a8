"""Logs are gathered alike by one process and by several, with the prefilter and without, whole and damaged."""

import gzip
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from iisight.engine.hunt import hunt
from iisight.model.coverage import Gap, GapKind
from iisight.telemetry.pool import Pool
from iisight.telemetry.scripts import joined
from iisight.telemetry.search import Search, Window
from iisight.telemetry.sift import Sifter
from iisight.workbench import evtx_damage
from tests.builders import gathered as logs

INSTALL = 'install module /name:Evil /image:"C:\\ProgramData\\evil.dll"'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    events = logs.noise(600)
    events[410:410] = [logs.appcmd(INSTALL, 410)]
    return logs.save(tmp_path / "Sysmon.evtx", events)


def test_the_command_is_found_and_everything_counted(log: Path) -> None:
    (activity,), run = logs.gather(logs.logs_in(log))
    assert [a.name for a in activity.actions][:1] == ["Evil"]
    (read,) = run.read
    assert (read.records, read.lost, read.format) == (601, 0, "evtx")
    assert read.skipped == 551  # all but the 50 records of one chunk
    assert (read.first, read.last) == (logs.START, logs.START + timedelta(seconds=599))
    assert run.gaps == []


def test_without_prefilter_the_same_is_found(log: Path) -> None:
    found, run = logs.gather(logs.logs_in(log), Search(prefilter=False))
    assert found == logs.gather(logs.logs_in(log))[0]
    assert run.read[0].skipped == 0


def test_several_processes_find_what_one_finds(log: Path, tmp_path: Path) -> None:
    other = logs.save(tmp_path / "other.evtx", [logs.appcmd("delete module Evil", 5)])
    every = logs.logs_in(log, other)
    one, alone = logs.gather(every)
    two, shared = logs.gather(every, workers=2)
    assert len(one) == 2
    assert (two, shared.read, shared.gaps) == (one, alone.read, alone.gaps)


def test_events_outside_of_the_window_do_not_count(log: Path) -> None:
    until = Window(until=logs.START + timedelta(seconds=300))
    assert logs.gather(logs.logs_in(log), Search(window=until))[0] == ()
    host = Window(hosts=("web0?",), channels=("*sysmon*",))
    assert len(logs.gather(logs.logs_in(log), Search(window=host))[0]) == 1
    assert logs.gather(logs.logs_in(log), Search(window=Window(hosts=("db*",))))[0] == ()


def test_hosts_and_channels_may_be_named_in_short_and_one_that_is_not_there_is_told(log: Path) -> None:
    every = logs.logs_in(log)
    found, run = logs.gather(every, Search(window=Window(hosts=("web01",), channels=("sysmon",))))
    assert (len(found), run.gaps) == (1, [])
    _, run = logs.gather(every, Search(window=Window(channels=("Sysmn",))))
    reason = "none of the 50 events that were looked at is of Sysmn"
    assert run.gaps == [Gap(GapKind.MISSING, "event logs", reason)]


def test_the_window_goes_by_the_times_of_events_not_by_those_of_record_headers(tmp_path: Path) -> None:
    log = logs.save(tmp_path / "exported.evtx", [logs.appcmd(INSTALL, 5), *logs.noise(1)])
    log.write_bytes(evtx_damage.as_exported(log.read_bytes()))
    window = Window(since=logs.START + timedelta(seconds=4), until=logs.START + timedelta(seconds=6))
    assert len(logs.gather(logs.logs_in(log), Search(window=window))[0]) == 1


@pytest.mark.parametrize("kept", [8, 127, 128, 0x1000, 0x1000 + 0x10000])
@pytest.mark.parametrize("packed", [False, True])
def test_chunks_that_the_header_tells_of_and_are_not_there_are_told(tmp_path: Path, kept: int, packed: bool) -> None:
    whole = logs.save(tmp_path / "Security.evtx", logs.noise(60))
    cut = whole.read_bytes()[:kept]
    whole.write_bytes(gzip.compress(cut) if packed else cut)
    _, run = logs.gather(logs.logs_in(whole))
    assert ["cut off or wiped" in gap.reason for gap in run.gaps] == [True]


def test_a_log_of_nothing_but_zeros_is_told(tmp_path: Path) -> None:
    (tmp_path / "Security.evtx").write_bytes(bytes(0x11000))
    _, run = logs.gather(logs.logs_in(tmp_path / "Security.evtx"))
    assert [gap.reason for gap in run.gaps] == ["cut off or wiped: no chunk of records in it"]


def test_a_bad_record_costs_itself_and_is_told(log: Path) -> None:
    data = log.read_bytes()
    log.write_bytes(evtx_damage.with_bad_content(data, 405))
    found, run = logs.gather(logs.logs_in(log))
    assert [a.name for activity in found for a in activity.actions][:1] == ["Evil"]
    assert (run.read[0].records, run.read[0].lost) == (601, 1)
    assert [(gap.kind, gap.count) for gap in run.gaps] == [(GapKind.MALFORMED, 1)]


def test_what_a_dead_process_left_unread_is_not_called_cut_off(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iisight.telemetry.gather.MAX_ACTIVITIES", 0)
    _, run = logs.gather(logs.logs_in(log))
    assert [gap.kind for gap in run.gaps] == [GapKind.REFUSED]


def test_what_only_slack_holds_is_told(tmp_path: Path) -> None:
    gone = evtx_damage.records_of(logs.save(tmp_path / "x.evtx", [logs.appcmd(INSTALL)]).read_bytes())
    log = logs.save(tmp_path / "Sysmon.evtx", logs.noise(5))
    log.write_bytes(evtx_damage.with_slack(log.read_bytes(), gone))
    found, run = logs.gather(logs.logs_in(log))
    assert found == ()
    assert any("install module /name:Evil" in residue.text for residue in run.residues)


def test_a_script_in_pieces_is_one_activity(tmp_path: Path) -> None:
    text = f"{'#' * 50}\nNew-WebGlobalModule -Name Evil -Image C:\\ProgramData\\evil.dll"
    half = len(text) - 30
    pieces = [
        logs.event(
            logs.POWERSHELL, 4104, n, ScriptBlockText=part, ScriptBlockId="3f1b", MessageNumber=str(n), MessageTotal="2"
        )
        for n, part in ((2, text[half:]), (1, text[:half]))
    ]
    log = logs.save(tmp_path / "PowerShell.evtx", pieces)
    found, _ = logs.gather(logs.logs_in(log))
    (activity,) = joined(found, Sifter(Search()).activity)
    assert [(a.name, a.code) for a in activity.actions] == [("Evil", "C:\\ProgramData\\evil.dll")]


@pytest.mark.parametrize("total", ["1", "2"])
def test_a_script_that_is_too_long_is_told(tmp_path: Path, total: str) -> None:
    """Whether the log has it in one piece, as exports do, or in several of which one is missing."""
    text = "#" * 1_100_000 + "\nNew-WebGlobalModule -Name Evil -Image e.dll"
    fields = {"ScriptBlockText": text, "ScriptBlockId": "a", "MessageNumber": "1", "MessageTotal": total}
    data = {"Provider": logs.POWERSHELL[0], "EventID": 4104, "Channel": logs.POWERSHELL[1], "EventData": fields}
    (tmp_path / "a.json").write_text(json.dumps(data))
    gaps = hunt("logs", logs.logs_in(tmp_path / "a.json"), rules=()).gaps
    assert ["a script longer than what is read of one" in gap.reason for gap in gaps] == [True]


def test_a_process_that_dies_costs_its_piece_alone() -> None:
    pool = Pool(2, _nothing, _work, lambda piece: f"died of {piece}")
    assert list(pool.map([1, 2, 13, 4, 13, 6])) == ["1", "2", "died of 13", "4", "died of 13", "6"]


def _nothing() -> None: ...


def _work(piece: int) -> str:
    if piece == 13:
        os._exit(1)
    return str(piece)


def test_a_log_that_is_gone_is_told(log: Path) -> None:
    (found,) = logs.logs_in(log)
    log.unlink()
    activities, run = logs.gather([found])
    assert activities == ()
    assert [gap.kind for gap in run.gaps] == [GapKind.UNREADABLE]


def test_standard_input_is_read_here_whatever_the_number_of_processes(log: Path) -> None:
    (found,) = logs.logs_in(log)
    held = replace(found, place=None, held=lambda: log.open("rb"))
    assert logs.gather([held], workers=2)[0] == logs.gather([found])[0]
