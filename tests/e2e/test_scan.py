"""`iisight scan` and `iisight show` as a user runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from iisight.cli._result import status
from iisight.engine.scan import scan
from iisight.evidence.memory import memory_source
from iisight.workbench.check import look_at
from iisight.workbench.pages import Case, files_of
from iisight.workbench.stock import APPHOST, stock_files
from tests.e2e.conftest import Run
from tests.e2e.evidence import FORMS, Files, as_folder

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "report-1.2.schema.json"


def process(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "iisight", *map(str, arguments)],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_clean_server_that_was_read_whole_gives_0() -> None:
    case = Case("stock", False, ())
    report = scan(memory_source(files_of(case)), look=look_at(case))

    assert (report.gaps, status(report, "medium")) == ((), 0)


def test_a_clean_server_without_signature_catalogues_gives_3(run: Run, stock: Path) -> None:
    ran = run("scan", stock)

    assert ran.status == 3
    assert "C:\\Windows\\System32\\CatRoot: no signature catalogues" in ran.out


def test_findings_give_1(run: Run, compromised: Path) -> None:
    assert run("scan", compromised).status == 1


def test_evidence_that_is_not_there_gives_2_and_says_which(run: Run) -> None:
    ran = run("scan", "absent.zip")

    assert (ran.status, ran.out) == (2, "")
    assert "absent.zip" in ran.err


def test_a_configuration_without_its_programs_gives_3(run: Run, tmp_path: Path) -> None:
    alone = tmp_path / "applicationHost.config"
    alone.write_bytes(stock_files()[APPHOST])

    assert run("scan", alone).status == 3


def test_the_real_process_exits_with_the_same_status(compromised: Path) -> None:
    assert process("scan", compromised).returncode == 1


def test_the_verdicts_name_what_is_planted(run: Run, compromised: Path) -> None:
    report = json.loads(run("scan", compromised, "--format", "json").out)
    bad = {j["component"]["name"] for j in report["components"] if j["verdict"] in {"suspicious", "malicious"}}
    assert {"HttpLoggngModule", "RequestTelemetry", "ASP.Net_4.0_64bit", "AboMapperCustom-7781"} <= bad


def test_output_that_is_no_terminal_has_no_colour(run: Run, compromised: Path) -> None:
    assert "\x1b" not in run("scan", compromised).out


def test_the_json_report_keeps_to_the_published_schema(run: Run, compromised: Path) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))

    jsonschema.Draft202012Validator(schema).validate(json.loads(run("scan", compromised, "--format", "json").out))


def test_a_saved_report_is_shown_as_the_scan_printed_it(run: Run, compromised: Path, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    run("scan", compromised, "--format", "json", "--output", saved)

    assert run("show", saved) == run("scan", compromised)


def test_a_saved_report_is_read_from_standard_input(compromised: Path) -> None:
    saved = process("scan", compromised, "--format", "json").stdout
    shown = subprocess.run(
        [sys.executable, "-m", "iisight", "show", "-", "--format", "json"],
        input=saved,
        capture_output=True,
        check=False,
    )

    assert shown.stdout == saved


@pytest.mark.parametrize("form", ["text", "json"])
def test_two_runs_give_the_same_bytes(compromised: Path, form: str) -> None:
    one, other = (process("scan", compromised, "--format", form, PYTHONHASHSEED=seed).stdout for seed in ("1", "2"))

    assert one == other


def test_only_the_time_that_was_given_is_in_the_report(run: Run, stock: Path) -> None:
    out = run("scan", stock, "--format", "json", "--time", "2024-06-01T12:00:00+02:00").out

    assert json.loads(out)["time"] == "2024-06-01T10:00:00+00:00"


def test_output_goes_to_the_file_alone(run: Run, compromised: Path, tmp_path: Path) -> None:
    printed = run("scan", compromised).out
    ran = run("scan", compromised, "--output", tmp_path / "report.txt")

    assert (ran.out, (tmp_path / "report.txt").read_text("utf-8")) == ("", printed)


def test_an_output_file_that_cannot_be_written_gives_2(run: Run, stock: Path, tmp_path: Path) -> None:
    assert run("scan", stock, "--output", tmp_path / "absent" / "report.txt").status == 2


def test_fail_on_raises_what_counts(run: Run, compromised: Path, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    run("scan", compromised, "--format", "json", "--output", saved)
    ranks = ["info", "low", "medium", "high", "critical"]
    worst = max(ranks.index(f["severity"]) for f in json.loads(saved.read_text("utf-8"))["findings"])

    assert [run("show", saved, "--fail-on", rank).status for rank in ranks] == [1] * (worst + 1) + [3] * (4 - worst)


def test_ignored_findings_do_not_count(run: Run, compromised: Path) -> None:
    assert run("scan", compromised, "--ignore", "*=reviewed").status == 3  # catalogues are not in the evidence


def test_ignored_findings_stay_in_the_report_with_the_reason(run: Run, compromised: Path) -> None:
    counted = json.loads(run("scan", compromised, "--format", "json").out)["findings"]
    ignored = json.loads(run("scan", compromised, "--format", "json", "--ignore", "*=reviewed").out)["findings"]

    assert [f["suppressed"] for f in ignored] == [{"reason": "reviewed", "source": "--ignore"}] * len(counted)


def test_one_ignored_component_leaves_the_others(run: Run, compromised: Path) -> None:
    out = run("scan", compromised, "--format", "json", "--ignore", "*:native-module:HttpLoggng*=ours").out
    verdicts = {j["component"]["name"]: j["verdict"] for j in json.loads(out)["components"]}

    assert (verdicts["HttpLoggngModule"], verdicts["AboMapperCustom-7781"]) == ("unverified", "malicious")


def test_settings_of_the_working_folder_are_read(run: Run, compromised: Path) -> None:
    Path("iisight.toml").write_text('[[ignore]]\nrule = "*"\nreason = "exercise"\n', encoding="utf-8")

    assert run("scan", compromised).status == 3


def _verdicts(run: Run, evidence: Path) -> dict[str, str]:
    components = json.loads(run("scan", evidence, "--format", "json").out)["components"]
    return {j["component"]["id"]: j["verdict"] for j in components}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_evidence_gives_the_same_components(
    run: Run, compromised: Path, tmp_path: Path, form: Callable[[Files, Path], Path]
) -> None:
    from examples.build import server

    assert _verdicts(run, form(server(), tmp_path)) == _verdicts(run, compromised)


def test_a_single_file_gives_the_components_of_its_place(run: Run, tmp_path: Path) -> None:
    alone = tmp_path / "applicationHost.config"
    alone.write_bytes(stock_files()[APPHOST])

    placed = as_folder({APPHOST: stock_files()[APPHOST]}, tmp_path)
    assert _verdicts(run, alone) == _verdicts(run, placed)


def test_a_reader_that_goes_away_sees_no_traceback(compromised: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "iisight", "scan", str(compromised), "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(1)
        running.stdout.close()
        complaint = running.stderr.read()

    assert complaint == b""
