"""A hunt finds the same with the prefilter and without: on written, damaged and, where there are some, real logs."""

import os
from pathlib import Path
from random import Random

import pytest

from iisight.engine.hearing import Ask, hear
from iisight.engine.registry import all_rules
from iisight.engine.settings import Settings
from iisight.telemetry.interpret import Watch
from iisight.telemetry.search import Search
from tests.builders import gathered

CORPUS = os.environ.get("IISIGHT_CORPUS")
REAL = sorted(Path(CORPUS).rglob("*.evtx")) if CORPUS else []
DAMAGES = 6  # of one real log
CHANGED = 200  # bytes of a damaged log that are changed


def told(path: Path, *, prefilter: bool) -> tuple[object, ...]:
    """Return activities and findings of a log."""
    hearing = hear(
        gathered.logs_in(path), Ask(workers=1, prefilter=prefilter), all_rules(), Settings(), Watch(), lambda *_: None
    )
    return hearing.heard, hearing.findings


def busy_server(path: Path) -> Path:
    """Write a log with much noise and, far apart, commands that change the server, some of them hidden."""
    events = gathered.noise(900)
    lines = (
        "install module /name:A /image:C:\\ProgramData\\a.dll",
        "set config /section:httpLogging /dontLog:true",
        "list apppool /text:processModel.password",
        "unlock config -section:system.webServer/modules",
    )
    for number, line in enumerate(lines):
        events.insert(200 * number + 90, gathered.appcmd(line, 200 * number))
    hidden = r"cmd.exe /c set x=app&& set y=cmd&& %x%%y% delete module A"
    events.insert(30, gathered.started(r"C:\Windows\System32\cmd.exe", hidden))
    events.insert(850, gathered.started(r"C:\Windows\System32\cmd.exe", 'cmd /c "whoami"', 850, r"C:\x\w3wp.exe"))
    return gathered.save(path, events)


def damaged(data: bytes, seed: int) -> bytes:
    """Return a log with some bytes changed anywhere, its headers included."""
    chance, changed = Random(seed), bytearray(data)
    for _ in range(CHANGED):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("seed", range(5))
def test_a_log_tells_the_same_with_the_prefilter_and_without(tmp_path: Path, seed: int) -> None:
    log = busy_server(tmp_path / "Sysmon.evtx")
    if seed:
        log.write_bytes(damaged(log.read_bytes(), seed))
    with_it = told(log, prefilter=True)
    assert with_it == told(log, prefilter=False)
    assert with_it[0]


def test_the_prefilter_passes_over_most_of_that_log(tmp_path: Path) -> None:
    _, run = gathered.gather(gathered.logs_in(busy_server(tmp_path / "Sysmon.evtx")), Search())
    assert run.read[0].skipped > run.read[0].records / 2


@pytest.mark.skipif(not REAL, reason="IISIGHT_CORPUS names no folder with event logs")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name[-50:])
def test_a_real_log_tells_the_same_whole_and_damaged(tmp_path: Path, path: Path) -> None:
    data = path.read_bytes()
    for seed in range(DAMAGES):
        log = tmp_path / f"{seed}.evtx"
        log.write_bytes(data if seed == 0 else damaged(data, seed))
        assert told(log, prefilter=True) == told(log, prefilter=False)
