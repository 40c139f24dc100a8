"""Hostile evidence and wrong arguments: nothing raw reaches the terminal, and no traceback the user."""

import unicodedata
import zipfile
from pathlib import Path

import pytest

from iisight.workbench.pages import Block, Case, files_of
from iisight.workbench.pe import PeSpec, build
from tests.e2e.conftest import Run
from tests.e2e.evidence import as_zip, collected

ESCAPE = "\x1b[2J\x1b]0;owned\x07"
HIDDEN = "\u202egnp.lld\u2066\u200b\x9b31m"


def is_raw(text: str) -> list[str]:
    return sorted({c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}})


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a server whose names want to be read by a terminal."""
    module = Block(
        "insert", "system.webServer/globalModules", f'<add name="m{HIDDEN}" image="C:\\ProgramData\\{HIDDEN}.dll" />'
    )
    folder = f"C:\\s{HIDDEN}"
    site = Block(
        "insert",
        "system.applicationHost/sites",
        f'<site name="s{HIDDEN}" id="9"><application path="/"><virtualDirectory path="/" physicalPath="{folder}" />'
        "</application></site>",
    )
    target = as_zip(files_of(Case("hostile", True, (module, site))), tmp_path)
    with zipfile.ZipFile(target, "a") as archive:
        sleeper = build(PeSpec(exports=("RegisterModule",), company=ESCAPE, original_name=ESCAPE))
        archive.writestr(zipfile.ZipInfo(collected(f"C:\\ProgramData\\{ESCAPE}x.dll")), sleeper)
        archive.writestr(zipfile.ZipInfo(collected(f"C:\\inetpub\\shop\\{ESCAPE}\\web.config")), f"<{ESCAPE}")
    return target


@pytest.mark.parametrize("arguments", [("--all",), ("--format", "json")])
def test_no_control_character_of_the_evidence_is_printed_by_scan(
    run: Run, hostile: Path, arguments: tuple[str, ...]
) -> None:
    assert is_raw(run("scan", hostile, *arguments).out) == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_control_character_of_the_evidence_is_printed_by_config(run: Run, hostile: Path, form: str) -> None:
    assert is_raw(run("config", hostile, "--format", form).out) == []


def test_no_control_character_of_the_evidence_is_printed_by_a_complaint(run: Run, hostile: Path) -> None:
    assert is_raw(run("config", hostile, "--site", f"x{ESCAPE}{HIDDEN}").err) == []


def test_what_is_escaped_is_still_named(run: Run, hostile: Path) -> None:
    assert "x.dll" in run("scan", hostile).out


WRONG = {
    "nothing": [],
    "an unknown command": ["look"],
    "an unknown option": ["scan", "{stock}", "--fast"],
    "no evidence": ["scan"],
    "an empty name": ["scan", ""],
    "a name with a NUL": ["scan", "a\0b"],
    "a very long name": ["scan", "x" * 5000],
    "an unknown format": ["scan", "{stock}", "--format", "xml"],
    "a time that is none": ["scan", "{stock}", "--time", "noon"],
    "settings that are not there": ["scan", "{stock}", "--config", "absent.toml"],
    "settings that are no TOML": ["scan", "{stock}", "--config", "{stock}"],
    "settings that are a folder": ["scan", "{stock}", "--config", "."],
    "an ignore without a reason": ["scan", "{stock}", "--ignore", "IIS101"],
    "an ignore without a rule": ["scan", "{stock}", "--ignore", "=because"],
    "an unknown severity": ["scan", "{stock}", "--fail-on", "awful"],
    "an output that is a folder": ["scan", "{stock}", "--output", "."],
    "a report that is not there": ["show", "absent.json"],
    "a report that is a folder": ["show", "."],
    "a report that is an archive": ["show", "{stock}"],
    "a report that is empty": ["show", "{empty}"],
    "config of nothing": ["config"],
    "config of an unknown site": ["config", "{stock}", "--site", "..\\..\\x\0"],
    "rules without an action": ["rules"],
    "a rule by a wrong name": ["rules", "new", "../../x"],
    "a rule in a wrong group": ["rules", "new", "a-new-rule", "--group", ".."],
    "a check of no rule": ["rules", "check", "IIS000"],
    "an explanation of nothing": ["explain"],
    "an explanation of a path": ["explain", "../__init__"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_gives_2_and_a_sentence(run: Run, stock: Path, tmp_path: Path, arguments: list[str]) -> None:
    empty = tmp_path / "empty.json"
    empty.write_bytes(b"")

    ran = run(*(a.replace("{stock}", str(stock)).replace("{empty}", str(empty)) for a in arguments))
    assert ran.status == 2
    assert ran.err.strip()


@pytest.mark.parametrize("body", [b"", b"\0" * 4096, b"PK\x03\x04" + b"\xff" * 64, b"\x1f\x8b\x08" + b"\0" * 64, b"MZ"])
def test_evidence_that_is_no_evidence_is_never_clean(run: Run, tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "evidence.bin"
    file.write_bytes(body)

    assert run("scan", file).status in {2, 3}


def test_an_empty_folder_is_never_clean(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert run("scan", tmp_path / "empty").status in {2, 3}
