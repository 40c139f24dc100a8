"""The shipped example: what its page says is planted is what the scan calls bad."""

from pathlib import Path

import pytest
from examples.build import server, write_zip

from iisight.engine.scan import scan
from iisight.evidence.open import open_source
from iisight.model.component import Verdict
from iisight.model.report import Report

PLANTED = (
    "isapi-extension:AboMapperCustom-7781",
    "isapi-filter:ASP.Net_4.0_64bit",
    "managed-module:RequestTelemetry",
    "native-module:HttpLoggngModule",
    "sleeper:cachuri2.dll",
    "trace-action:*.axd",
)
_BAD = (Verdict.SUSPICIOUS, Verdict.MALICIOUS)


@pytest.fixture(scope="module")
def report(compromised: Path) -> Report:
    return scan(open_source(compromised))


@pytest.mark.parametrize("start", PLANTED)
def test_what_is_planted_is_called_bad(report: Report, start: str) -> None:
    verdicts = [j.verdict for j in report.components if j.component.id.startswith(f"{start}:")]

    assert [v in _BAD for v in verdicts] == [True]


def test_nothing_else_is_called_bad(report: Report) -> None:
    bad = [j.component.id for j in report.components if j.verdict in _BAD]

    assert [i for i in bad if not i.startswith(PLANTED) and "System.Web.Diagnostics" not in i] == []


def test_all_of_it_but_signature_catalogues_is_read(report: Report) -> None:
    assert [gap.subject for gap in report.gaps] == ["C:\\Windows\\System32\\CatRoot"]


def test_the_story_of_the_module_is_told_to_its_end(report: Report) -> None:
    (module,) = (j for j in report.components if j.component.name == "HttpLoggngModule")
    eve = r"CONTOSO\eve, explorer.exe > powershell.exe"
    logon = ", logged on by remote desktop from 203.0.113.44 at 2026-03-01 03:02:11Z"
    pool = r"IIS APPPOOL\Shop, svchost.exe > w3wp.exe of pool 'Shop'"
    steps = [(m.source, m.who.startswith(eve), m.who.endswith(logon), m.who.startswith(pool)) for m in module.story]

    assert steps == [
        ("file times", False, False, False),
        ("Sysmon 11", True, True, False),
        ("Sysmon 1", True, True, False),
        ("configuration history", False, False, False),
        ("IIS-Configuration 29", True, True, False),
        ("Sysmon 2", True, True, False),
        ("Sysmon 7", False, False, True),
        ("Sysmon 1", False, False, True),
    ]


def test_what_was_edited_past_the_log_is_told(report: Report) -> None:
    edited = {f.components for f in report.findings if f.rule == "IIS501"}

    assert {c.rpartition(":")[0].rpartition(":")[0] for ids in edited for c in ids} == {
        "isapi-filter:ASP.Net_4.0_64bit",
        "isapi-extension:AboMapperCustom-7781",
    }


def test_it_is_built_alike_every_time(compromised: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    write_zip(server(), again)

    assert again.read_bytes() == compromised.read_bytes()
