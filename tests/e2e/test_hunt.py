"""`iisight hunt` from the outside: whatever form a log comes in, what it prints, how it ends."""

import gzip
import json
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.builders import gathered

INSTALL = 'install module /name:Evil /image:"C:\\ProgramData\\evil.dll"'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return gathered.save(tmp_path / "Sysmon.evtx", [*gathered.noise(3), gathered.appcmd(INSTALL, 7)])


def hunt(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    command = [sys.executable, "-m", "iisight", "hunt", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_command_is_told_with_who_where_and_when(log: Path) -> None:
    status, out, _ = hunt(str(log))
    assert status == 1
    assert "C:\\ProgramData\\evil.dll" in out
    assert "Sysmon.evtx#4  2026-03-01T10:00:07Z Sysmon 1" in out
    assert "CONTOSO\\admin" in out


def test_folder_archive_pipe_and_compressed_file_tell_the_same(log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "any.name").write_bytes(log.read_bytes())
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.write(log, "Logs/Sysmon.evtx")
    (tmp_path / "Sysmon.evtx.gz").write_bytes(gzip.compress(log.read_bytes()))
    runs = [
        hunt(str(log), "--format", "csv", "--timeline"),
        hunt(str(folder), "--format", "csv", "--timeline"),
        hunt(str(tmp_path / "logs.zip"), "--format", "csv", "--timeline"),
        hunt(str(tmp_path / "Sysmon.evtx.gz"), "--format", "csv", "--timeline"),
        hunt("-", "--format", "csv", "--timeline", stdin=log.read_bytes()),
        hunt(str(log), "--format", "csv", "--timeline", "--workers", "2", "--no-prefilter"),
    ]
    rows = [out.splitlines()[1].rpartition(",")[0] for _, out, _ in runs]
    assert len(set(rows)) == 1
    assert rows[0].startswith("2026-03-01T10:00:07+00:00,,1,")


def test_json_and_ndjson_hold_the_same_findings(log: Path) -> None:
    _, whole, _ = hunt(str(log), "--format", "json")
    _, lines, _ = hunt(str(log), "--format", "ndjson")
    report = json.loads(whole)
    assert [f["message"] for f in report["findings"]] == [json.loads(line)["message"] for line in lines.splitlines()]
    assert report["logs"][0]["records"] == 4


def test_a_quiet_log_ends_with_0_and_a_damaged_one_with_3(tmp_path: Path) -> None:
    quiet = gathered.save(tmp_path / "quiet.evtx", gathered.noise(5))
    status, out, _ = hunt(str(quiet))
    assert status == 0
    assert "Nothing in these logs speaks of a change to the web server." in out
    quiet.write_bytes(quiet.read_bytes()[:-0x8000])
    assert hunt(str(quiet), "--no-prefilter")[0] in (0, 3)
    assert hunt(str(tmp_path / "none.evtx"))[0] == 2


@pytest.mark.parametrize("form", ["csv", "ndjson", "text"])
def test_a_timeline_says_that_it_is_not_whole(log: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "Security.evtx").write_bytes(log.read_bytes()[:0x1000])
    _, out, error = hunt(str(tmp_path), "--timeline", "--format", form)
    assert "evil.dll" in out
    assert error == "iisight: 1 thing could not be read; the whole report names them\n"


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the handle")
def test_a_standard_error_that_is_closed_costs_nothing_but_complaints(log: Path) -> None:
    line = shlex.join([sys.executable, "-m", "iisight", "hunt", str(log), "--format", "csv"])
    done = subprocess.run(["/bin/sh", "-c", f"{line} 2>&-"], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"evil.dll" in done.stdout


def test_what_is_no_log_is_told(log: Path, tmp_path: Path) -> None:
    fake = tmp_path / "Application.evtx"
    fake.write_bytes(b"this is a text, whatever it is called")
    status, out, _ = hunt(str(fake), str(log), "--fail-on", "critical")
    assert status == 3
    assert "Application.evtx" in out
    status, _, error = hunt(str(fake))
    assert status == 2
    assert "Application.evtx" in error


def test_nothing_is_written_over_a_log(log: Path) -> None:
    before = log.read_bytes()
    status, _, error = hunt(str(log), "--output", str(log))
    assert (status, "that would write into the evidence" in error) == (2, True)
    assert log.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--since", "yesterday"], "--since 'yesterday': not an ISO 8601 time"),
        (["--since", "2026-03-02", "--until", "2026-03-01"], "--since lies after --until"),
        (["--workers", "0"], "--workers 0: at least one is needed"),
        (["--rules", "no-such-folder"], "--rules no-such-folder: there is no such file or folder"),
        (["--ignore", "IIS999=why"], "--ignore: no rule 'IIS999'"),
    ],
)
def test_wrong_usage_is_told(log: Path, options: list[str], error: str) -> None:
    status, _, said = hunt(str(log), *options)
    assert (status, error in said) == (2, True)


def test_the_users_rules_are_asked_and_those_that_cannot_be_are_named(log: Path, tmp_path: Path) -> None:
    pytest.importorskip("sigma", reason="the extra `sigma` is not installed")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "good.yml").write_text(
        "title: Module put in\nid: 6a4b7c1e-0f2d-4b7e-9c61-5d1f0e3a2b10\nstatus: test\nlevel: high\n"
        "logsource: {product: windows, category: process_creation}\n"
        "detection:\n  selection: {CommandLine|contains: 'install module'}\n  condition: selection\n"
    )
    (rules / "bad.yml").write_text("title: Broken\nlogsource: {product: windows}\ndetection: {condition: nothing}\n")
    status, out, _ = hunt(str(log), "--rules", str(rules), "--format", "json")
    report = json.loads(out)
    assert status == 1
    assert any(f["rule"].startswith("6a4b7c1e") for f in report["findings"])
    assert any("bad.yml" in gap["subject"] and "not evaluated" in gap["reason"] for gap in report["gaps"])


def test_a_scan_asks_the_users_rules_of_the_logs_in_its_evidence(log: Path, tmp_path: Path) -> None:
    pytest.importorskip("sigma", reason="the extra `sigma` is not installed")
    logs = tmp_path / "evidence" / "C" / "Windows" / "System32" / "winevt" / "Logs"
    logs.mkdir(parents=True)
    (logs / "Sysmon.evtx").write_bytes(log.read_bytes())
    rule = tmp_path / "mine.yml"
    rule.write_text(
        "title: Module put in\nid: 6a4b7c1e-0f2d-4b7e-9c61-5d1f0e3a2b10\nstatus: test\nlevel: high\n"
        "logsource: {product: windows, category: process_creation}\n"
        "detection:\n  selection: {CommandLine|contains: 'install module'}\n  condition: selection\n"
    )
    command = [sys.executable, "-m", "iisight", "scan", str(tmp_path / "evidence"), "--rules", str(rule)]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, check=False)
    assert any(f["rule"].startswith("6a4b7c1e") for f in json.loads(done.stdout)["findings"])
    done = subprocess.run([*command, "--format", "json", "--until", "2026-01-01"], capture_output=True, check=False)
    assert not any(f["rule"].startswith("6a4b7c1e") for f in json.loads(done.stdout)["findings"])
