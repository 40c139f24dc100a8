"""`harden` as a user runs it."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from iisight.evidence.mount import OUTSIDE
from iisight.workbench import stock
from tests.builders import hardening
from tests.builders.hardening import ACLS, AUDIT
from tests.e2e.conftest import Run

QUICK = ("--quiet", "--workers", "1")
HOSTILE = "Shop\u202e]0;x"


def zipped(files: Mapping[str, bytes], folder: Path) -> Path:
    """Return a collection: the drive in `C`, what the collector wrote beside it."""
    target = folder / "collection.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for path, data in files.items():
            name = path.removeprefix(f"{OUTSIDE}\\").replace(":", "", 1).replace("\\", "/")
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 1, 10, 0, 0)), data)
    return target


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return zipped(hardening.open_server(), tmp_path_factory.mktemp("open"))


def locked_in(tmp_path: Path) -> Path:
    """Return a hardened server; the roots of its signatures are not those of Windows, so IIS921 fails."""
    return zipped(hardening.hardened_server(), tmp_path)


def test_a_server_with_a_fail_gives_1_and_says_what_to_change_first(run: Run, opened: Path) -> None:
    ran = run("harden", opened, *QUICK)

    assert ran.status == 1
    assert "29 checks of 29 fail." in ran.out
    assert "1. Lock modules and handlers, and take write access" in ran.out
    assert "modules, handlers  Everyone, BUILTIN\\Users +1" in ran.out


def test_json_holds_what_a_program_needs(run: Run, opened: Path) -> None:
    document = json.loads(run("harden", opened, "--format", "json", *QUICK).out)
    check = next(c for c in document["checks"] if c["id"] == "IIS901")

    assert document["posture"] == "1.0"
    assert check["points"][0]["subjects"][0] == {
        "kind": "pool",
        "name": "DefaultAppPool",
        "facts": [["identity", "LocalSystem"], ["account", "NT AUTHORITY\\SYSTEM"]],
    }
    assert [row["installs"] for row in document["installs"]] == ["yes", "yes"]


def test_the_same_evidence_gives_the_same_bytes(run: Run, opened: Path) -> None:
    first = run("harden", opened, "--format", "json", *QUICK).out

    assert run("harden", opened, "--format", "json", *QUICK).out == first


def test_exports_beside_the_drive_are_read(run: Run, tmp_path: Path) -> None:
    document = json.loads(run("harden", locked_in(tmp_path), "--format", "json", *QUICK).out)

    assert {c["id"]: c["answer"] for c in document["checks"] if c["answer"] != "pass"} == {"IIS921": "fail"}


def test_a_server_without_a_fail_gives_3_when_something_is_not_known(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "redirection.config").write_text("<configuration />")

    ran = run("harden", tmp_path / "config", *QUICK)

    assert ran.status == 3
    assert "No check fails; 29 checks cannot be answered from this evidence." in ran.out


def test_no_evidence_is_wrong_usage(run: Run) -> None:
    assert run("harden").status == 2


def test_the_output_is_written_and_never_into_the_evidence(run: Run, opened: Path, tmp_path: Path) -> None:
    assert run("harden", opened, "-o", tmp_path / "posture.txt", *QUICK).status == 1
    assert "Who can install" in (tmp_path / "posture.txt").read_text("utf-8")
    assert run("harden", opened, "-o", opened, *QUICK).status == 2


def test_options_of_checks_come_from_the_settings(run: Run, opened: Path, tmp_path: Path) -> None:
    (tmp_path / "iisight.toml").write_text("[options.IIS941]\nsecurity_megabytes = 10\nconfiguration_megabytes = 1\n")
    document = json.loads(run("harden", opened, "--format", "json", *QUICK).out)

    assert next(c["answer"] for c in document["checks"] if c["id"] == "IIS941") == "pass"


def test_names_of_an_intruder_are_shown_as_text(run: Run, tmp_path: Path) -> None:
    files = hardening.open_server()
    files[stock.APPHOST] = files[stock.APPHOST].replace(b'name="Shop"', f'name="{HOSTILE}"'.encode())
    files[ACLS] += b"\r\nC:\\inetpub\\\x1b[31mshop,O:BAD:(A;;FA;;;\x1b[31m),true"
    files[AUDIT] = b"\x1b[31m\0" + files[AUDIT]
    evidence = zipped(files, tmp_path)

    for arguments in (("--all",), ("--format", "json")):
        out = run("harden", evidence, *arguments, *QUICK).out
        assert "\\u202e" in out
        assert not {"\x1b", "\u202e", "\0"} & set(out)


def test_a_folder_of_a_hundred_thousand_rows_of_rights_is_bounded(run: Run, tmp_path: Path) -> None:
    files = hardening.hardened_server()
    files[ACLS] += b"".join(b'\r\n"C:\\x\\%d","O:SYD:(A;;FA;;;BA)","true"' % n for n in range(100_000))
    document = json.loads(run("harden", zipped(files, tmp_path), "--format", "json", *QUICK).out)

    assert next(c["answer"] for c in document["checks"] if c["id"] == "IIS903") == "pass"


# Policies and scripts


def test_policies_and_scripts_are_written_for_review_and_the_status_stays(
    run: Run, opened: Path, tmp_path: Path
) -> None:
    target = tmp_path / "remedies"

    assert run("harden", opened, "--write", target, *QUICK).status == 1
    assert {path.name for path in target.iterdir()} == {
        *("configuration.ps1", "auditing.ps1", "rights.ps1", "undo.ps1", "README.md", "sysmon.xml"),
    }
    page = (target / "README.md").read_text("utf-8")
    assert "- `configuration.ps1`: Settings of IIS" in page
    assert "`wdac.xml` and `applocker.xml`: no file here is verified" in page  # the test roots are not those of Windows


def test_what_is_written_is_the_same_each_time(run: Run, opened: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        run("harden", opened, "--write", tmp_path / name, *QUICK)

    first, second = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("first", "second"))
    assert first == second


def test_an_empty_folder_is_filled_and_any_other_is_left_alone(run: Run, opened: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "README.md").write_text("mine")

    assert run("harden", opened, "--write", tmp_path / "empty", *QUICK).status == 1
    ran = run("harden", opened, "--write", tmp_path / "full", *QUICK)
    assert (ran.status, "expected a new or an empty folder" in ran.err) == (2, True)
    assert [path.read_text() for path in (tmp_path / "full").iterdir()] == ["mine"]
    assert run("harden", opened, "--write", tmp_path / "no" / "such", *QUICK).status == 2


def test_nothing_is_written_into_the_evidence(run: Run, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    (evidence / "config").mkdir(parents=True)
    (evidence / "config" / "redirection.config").write_text("<configuration />")

    assert run("harden", evidence, "--write", evidence / "new", *QUICK).status == 2
    assert not (evidence / "new").exists()
