"""Files of a folder looked at again: what a change made of them, as a scan of the whole would have it."""

import os
from pathlib import Path

import pytest

from iisight.evidence.folder import look_again, open_folder

SYSTEM = "C/Windows/System32"
FOLDER = "C:\\Windows\\System32\\"


def write(folder: Path, name: str, data: bytes = b"x") -> Path:
    file = folder / SYSTEM / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def names_differ_in_case_alone(folder: Path) -> bool:
    write(folder, "probe.txt")
    return not (folder / SYSTEM / "PROBE.TXT").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "kernel32.dll")
    if not names_differ_in_case_alone(tmp_path):
        pytest.skip("the file system takes both names for one")
    return tmp_path


def test_a_file_whose_twin_is_gone_is_the_other_one(folder: Path) -> None:
    first, _ = write(folder, "EVIL.dll", b"1"), write(folder, "evil.DLL", b"22")
    source = open_folder(folder)
    first.unlink()
    again = source.changed(look_again(source, [first]))
    found = again.find(f"{FOLDER}evil.dll")
    assert found is not None
    assert found == open_folder(folder).find(f"{FOLDER}evil.dll")
    assert found.origin == f"{SYSTEM}/evil.DLL"


def test_a_twin_that_comes_does_not_take_the_place_of_the_first(folder: Path) -> None:
    write(folder, "EVIL.dll", b"1")
    source = open_folder(folder)
    twin = write(folder, "evil.DLL", b"22")
    again = source.changed(look_again(source, [twin]))
    assert again.find(f"{FOLDER}evil.dll") == open_folder(folder).find(f"{FOLDER}evil.dll")


def test_both_twins_gone_are_gone(folder: Path) -> None:
    both = [write(folder, "EVIL.dll"), write(folder, "evil.DLL")]
    source = open_folder(folder)
    for file in both:
        file.unlink()
    assert source.changed(look_again(source, both)).find(f"{FOLDER}evil.dll") is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_folder_says_nothing_of_one_whose_name_differs_in_case_alone(folder: Path) -> None:
    one, other = write(folder, "Inetsrv/gone.dll"), write(folder, "inetsrv/stays.dll")
    source = open_folder(folder)
    one.unlink()
    assert look_again(source, [one.parent]) == {f"{FOLDER}Inetsrv\\gone.dll": None}
    other.unlink()
    assert look_again(source, [other.parent])[f"{FOLDER}inetsrv\\stays.dll"] is None


def test_a_name_that_is_no_text_is_left_to_a_scan_of_the_whole(tmp_path: Path) -> None:
    write(tmp_path, "kernel32.dll")
    source = open_folder(tmp_path)
    odd = os.fsencode(tmp_path / SYSTEM) + b"/\xff\xfe.dll"
    Path(os.fsdecode(odd)).write_bytes(b"x")
    assert look_again(source, [Path(os.fsdecode(odd))]) == {}
    assert look_again(source, [tmp_path / SYSTEM]) == {}
    whole = open_folder(tmp_path)
    assert look_again(whole, [tmp_path / SYSTEM]) == {}
    Path(os.fsdecode(odd)).unlink()
    assert list(look_again(whole, [tmp_path / SYSTEM]).values()) == [None]
