"""`iisight diff`, `iisight baseline` and `scan --baseline` as a user runs them."""

import csv
import io
import json
from pathlib import Path

import pytest

from iisight.workbench.pe import PeSpec, build
from tests.builders.servers import apphost, files
from tests.e2e.conftest import Run
from tests.e2e.evidence import as_folder

PATH = "C:\\Program Files\\Acme\\odd.dll"
MODULE = f'<globalModules><add name="Odd" image="{PATH}" /></globalModules>'
SIGNED = ("--name", "spring", "--by", "A. Operator", "--reason", "change 4711")
DLL, OTHER = (build(PeSpec(exports=("RegisterModule",), company=name)) for name in ("Acme Ltd", "Acme Limited"))


def server(folder: Path, host: str, dll: bytes = DLL) -> Path:
    """Write a small server with one module's file."""
    folder.mkdir(exist_ok=True)
    told = {path: text.encode() if isinstance(text, str) else text for path, text in files(host).items()}
    return as_folder({**told, PATH: dll, "C:\\inetpub\\wwwroot\\a.htm": b"a"}, folder)


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    return server(tmp_path / "clean", apphost())


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    return server(tmp_path / "planted", apphost(MODULE))


@pytest.fixture
def baseline(run: Run, planted: Path, tmp_path: Path) -> Path:
    target = tmp_path / "baseline.json"
    run("baseline", "save", planted, *SIGNED, "--when", "2024-03-02T09:00:00", "--output", target)
    return target


def test_a_change_gives_1_and_leads_with_it(run: Run, clean: Path, planted: Path) -> None:
    ran = run("diff", clean, planted)

    assert ran.status == 1
    assert "added    component\n    native-module 'Odd' is there" in ran.out


def test_nothing_changed_and_something_unread_gives_3(run: Run, clean: Path) -> None:
    ran = run("diff", clean, clean)

    assert (ran.status, "Nothing changed as far as can be told" in ran.out) == (3, True)


def test_nothing_changed_and_everything_read_gives_0(run: Run, clean: Path, tmp_path: Path) -> None:
    report = json.loads(run("scan", clean, "--format", "json").out)
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps({**report, "gaps": []}), "utf-8")

    assert run("diff", whole, whole).status == 0


def test_saved_reports_differ_as_their_evidence_does(run: Run, clean: Path, planted: Path, tmp_path: Path) -> None:
    saved = [tmp_path / "old.json", tmp_path / "new.json"]
    for evidence, target in zip((clean, planted), saved, strict=True):
        run("scan", evidence, "--format", "json", "--output", target)

    assert run("diff", *saved) == run("diff", clean, planted)


def test_what_moved_is_told_when_asked_for(run: Run, clean: Path, tmp_path: Path) -> None:
    moved = server(tmp_path / "moved", "\n" + apphost())

    quiet, asked = (run("diff", clean, moved, *more).out for more in ((), ("--moved",)))
    assert ("Moved ---" in quiet, "Moved ---" in asked) == (False, True)


def test_every_format_tells_the_same_changes(run: Run, clean: Path, planted: Path) -> None:
    whole = json.loads(run("diff", clean, planted, "--format", "json").out)["changes"]
    lines = [json.loads(text) for text in run("diff", clean, planted, "--format", "ndjson").out.splitlines()]
    table = list(csv.DictReader(io.StringIO(run("diff", clean, planted, "--format", "csv").out)))

    assert lines == whole
    assert [row["id"] for row in table] == [change["id"] for change in whole]


@pytest.mark.parametrize("form", ["text", "json", "ndjson", "csv"])
def test_two_runs_give_the_same_bytes(run: Run, clean: Path, planted: Path, form: str) -> None:
    assert run("diff", clean, planted, "--format", form) == run("diff", clean, planted, "--format", form)


@pytest.mark.parametrize("data", ["{}", '{"schema": "9.0"}', '{"baseline": "9.0"}', "{", '{"baseline": "1.0"}'])
def test_what_is_neither_report_nor_baseline_gives_2(run: Run, clean: Path, tmp_path: Path, data: str) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(data, "utf-8")

    assert run("diff", wrong, clean).status == 2


def test_evidence_that_is_not_there_gives_2(run: Run, clean: Path) -> None:
    assert run("diff", clean, "absent.zip").status == 2


# Baselines


def test_a_baseline_says_who_when_and_why(run: Run, baseline: Path) -> None:
    ran = run("baseline", "show", baseline)

    assert ran.status == 0
    assert ran.out.startswith(
        "baseline 'spring', signed off by A. Operator on 2024-03-02T09:00:00+00:00: change 4711\n"
    )


def test_the_same_state_signed_at_the_same_time_gives_the_same_bytes(run: Run, planted: Path) -> None:
    one, other = (run("baseline", "save", planted, *SIGNED, "--when", "2024-03-02").out for _ in range(2))
    assert one == other


def test_a_time_that_is_none_is_told_by_the_name_of_its_option(run: Run, planted: Path) -> None:
    ran = run("baseline", "save", planted, *SIGNED, "--when", "yesterday")
    assert (ran.status, ran.err) == (2, "iisight: --when 'yesterday': not an ISO 8601 time\n")


def test_a_baseline_is_compared_with_now(run: Run, baseline: Path, planted: Path, clean: Path) -> None:
    assert (run("diff", baseline, planted).status, run("diff", baseline, clean).status) == (3, 1)


@pytest.mark.parametrize("command", [("baseline", "show"), ("diff",), ("scan", "--baseline")])
def test_an_edited_baseline_is_noticed(run: Run, baseline: Path, planted: Path, command: tuple[str, ...]) -> None:
    baseline.write_text(baseline.read_text("utf-8").replace("change 4711", "change 4712"), "utf-8")
    ran = run(*command, baseline, *(() if command[0] == "baseline" else (planted,)))

    assert (ran.status, "was changed after it was saved" in ran.err) == (2, True)


def test_white_space_and_the_order_of_keys_are_no_edit(run: Run, baseline: Path) -> None:
    data = json.loads(baseline.read_text("utf-8"))
    baseline.write_text(json.dumps(dict(reversed(data.items()))), "utf-8")

    assert run("baseline", "show", baseline).status == 0


def test_a_key_notices_who_makes_the_digest_anew(run: Run, planted: Path, tmp_path: Path) -> None:
    keys = [tmp_path / name for name in ("ours", "theirs")]
    for key in keys:
        key.write_bytes(key.name.encode() * 16)
    target = tmp_path / "baseline.json"
    run("baseline", "save", planted, *SIGNED, "--key", keys[0], "--output", target)

    assert [run("baseline", "show", target, "--key", key).status for key in keys] == [0, 2]
    assert "sealed with a key (--key), not checked" in run("baseline", "show", target).out


def test_a_baseline_without_a_key_does_not_pass_for_one_with(run: Run, baseline: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)

    assert "it was saved without a key" in run("baseline", "show", baseline, "--key", key).err


@pytest.mark.parametrize("name", ["name", "by", "reason"])
def test_a_baseline_needs_who_and_why(run: Run, planted: Path, name: str) -> None:
    given = [part for pair in (("name", "n"), ("by", "b"), ("reason", "r")) for part in (f"--{pair[0]}", pair[1])]
    given[given.index(f"--{name}") + 1] = " "

    assert run("baseline", "save", planted, *given).status == 2


def test_a_report_is_no_baseline(run: Run, planted: Path, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    run("scan", planted, "--format", "json", "--output", saved)

    assert run("baseline", "show", saved).status == 2


# Approval


def odd(run: Run, evidence: Path, *more: str | Path) -> tuple[str, str]:
    """Return verdict and last reason of the module."""
    report = json.loads(run("scan", evidence, "--format", "json", *more).out)
    [found] = [j for j in report["components"] if j["component"]["name"] == "Odd"]
    return found["verdict"], found["reasons"][-1]


def test_an_approved_component_is_trusted_with_the_reason(run: Run, baseline: Path, planted: Path) -> None:
    source = "baseline 'spring' by A. Operator on 2024-03-02T09:00:00+00:00"

    assert odd(run, planted, "--baseline", baseline) == ("trusted", f"{source}: change 4711")
    assert odd(run, planted)[0] == "unverified"


def test_a_replaced_file_loses_the_approval_and_says_so(run: Run, baseline: Path, tmp_path: Path) -> None:
    replaced = server(tmp_path / "replaced", apphost(MODULE), OTHER)
    verdict, reason = odd(run, replaced, "--baseline", baseline)

    assert (verdict, "does not hold, its file is another one: sha256" in reason) == ("unverified", True)


def test_a_new_registration_loses_the_approval_and_says_so(run: Run, baseline: Path, tmp_path: Path) -> None:
    enabled = server(tmp_path / "enabled", apphost(MODULE + '<modules><add name="Odd" /></modules>'))
    verdict, reason = odd(run, enabled, "--baseline", baseline)

    assert (verdict, "does not hold, it is registered at the server in system.webServer/modules" in reason) == (
        "unverified",
        True,
    )


def test_an_approval_does_not_outweigh_a_weighty_finding(run: Run, tmp_path: Path, compromised: Path) -> None:
    target = tmp_path / "bad.json"
    run("baseline", "save", compromised, *SIGNED, "--output", target)
    report = json.loads(run("scan", compromised, "--format", "json", "--baseline", target).out)
    [module] = [j for j in report["components"] if j["component"]["name"] == "HttpLoggngModule"]

    assert module["verdict"] == "malicious"
    assert module["reasons"][-1].endswith("approved, which does not outweigh a finding: change 4711")


def test_what_was_not_read_is_not_approved(run: Run, tmp_path: Path) -> None:
    alone = tmp_path / "applicationHost.config"
    alone.write_text(apphost(MODULE), "utf-8")
    target = tmp_path / "baseline.json"
    run("baseline", "save", alone, *SIGNED, "--output", target)

    verdict, reason = odd(run, alone, "--baseline", target)
    assert (verdict, reason.rpartition(": ")[2]) == (
        "unverified",
        "the approval does not hold, its file was not read when it was approved",
    )
