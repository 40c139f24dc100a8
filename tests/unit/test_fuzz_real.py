"""Damage to real files: reproducible, counted, and reduced to what breaks a target."""

from pathlib import Path

import pytest

from iisight.workbench.pe import PeSpec, build
from tests.fuzz.real import fuzz_files
from tests.fuzz.targets import Target

LEAST = 200_000


def target(seen: list[bytes], *, breaks: bool = False) -> Target:
    def run(data: bytes) -> None:
        seen.append(data)
        if breaks and data[:2] != b"MZ":
            raise ValueError("no image")

    return Target("probe", run, (), (), lambda data: data[:2] == b"MZ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.dll").write_bytes(build(PeSpec(exports=("RegisterModule",))))
    (tmp_path / "b.txt").write_bytes(b"text")
    return tmp_path


def test_a_target_is_given_damaged_files_that_are_its_own(folder: Path) -> None:
    seen: list[bytes] = []
    fuzz_files([target(seen)], folder, LEAST, 0, lambda _, data: folder)
    assert build(PeSpec(exports=("RegisterModule",))) not in seen
    assert b"text" not in seen


def test_the_same_seed_gives_the_same_damage(folder: Path) -> None:
    first: list[bytes] = []
    second: list[bytes] = []
    for seen in (first, second):
        fuzz_files([target(seen)], folder, LEAST, 7, lambda _, data: folder)
    assert first == second


def test_a_target_that_breaks_is_told_once(folder: Path) -> None:
    saved: list[bytes] = []

    def save(broken: Target, data: bytes) -> Path:
        saved.append(data)
        return folder

    assert fuzz_files([target([], breaks=True)], folder, LEAST, 0, save)
    assert len(saved) == 1
