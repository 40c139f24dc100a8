"""What the user gives for the close look: catalogues and rules, of use or of none."""

import zipfile
from pathlib import Path

import pytest
from examples.build import server

from iisight.workbench.pe import PeSpec, build
from iisight.workbench.stock import stock_files
from tests.e2e.conftest import Run
from tests.e2e.evidence import as_zip, collected

CATROOT = "C:\\Windows\\System32\\CatRoot"
UNTOLD = f"{CATROOT}: no signature catalogues"


@pytest.mark.parametrize("content", [b"", b"no catalogue", b"\x30\x82\x01\x00\x06\x09"])
@pytest.mark.parametrize("name", ["junk.cat", "JUNK.CAT"])
def test_a_given_file_that_is_no_catalogue_vouches_for_nothing(
    run: Run, stock: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / name).write_bytes(content)
    ran = run("scan", stock, "--catalogues", tmp_path / "given")
    assert UNTOLD in ran.out
    assert f"  {name}: " in ran.out
    assert "none of 1 catalogues" not in run("scan", stock, "--catalogues", tmp_path / "given", "--all").out


def test_a_file_of_the_evidence_that_is_no_catalogue_vouches_for_nothing(run: Run, tmp_path: Path) -> None:
    evidence = as_zip(stock_files(), tmp_path)
    with zipfile.ZipFile(evidence, "a") as archive:
        archive.writestr(zipfile.ZipInfo(collected(f"{CATROOT}\\x.cat")), b"junk")
    ran = run("scan", evidence)
    assert UNTOLD in ran.out
    assert f"{CATROOT}\\x.cat: " in ran.out


def test_a_folder_without_catalogues_is_coverage(run: Run, stock: Path, tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    assert (
        f"{tmp_path / 'given'}: no file named *.cat in it" in run("scan", stock, "--catalogues", tmp_path / "given").out
    )


def test_rules_of_the_user_are_run_over_libraries_of_bin_as_well(run: Run, tmp_path: Path) -> None:
    library = build(PeSpec(strings=("eyes-of-the-user",)))
    evidence = as_zip({**server(), "C:\\inetpub\\shop\\bin\\library.dll": library}, tmp_path)
    rules = tmp_path / "own.yar"
    rules.write_text('rule own { strings: $a = "eyes-of-the-user" condition: $a }', encoding="ascii")
    assert "library.dll" in run("scan", evidence, "--yara", rules).out.partition("IIS230 (")[2]
