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


def test_it_is_built_alike_every_time(compromised: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    write_zip(server(), again)

    assert again.read_bytes() == compromised.read_bytes()
