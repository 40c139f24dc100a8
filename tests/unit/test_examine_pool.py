"""Worker processes: what breaks one costs the file it was given, and nothing else."""

import gc
import sys
from pathlib import Path

import pytest

from iisight.examine.look import Examines, Look
from iisight.examine.pool import Pool
from iisight.examine.setup import Setup
from iisight.model.examination import Examination
from iisight.workbench.pe import PeSpec, build

MODULE = build(PeSpec(exports=("RegisterModule",), imports={"kernel32.dll": ("CreateProcessW",)}))
OTHER = build(PeSpec(exports=("HttpExtensionProc",)))

WORKER = """
import sys, time
from iisight.examine import limits
from iisight.examine.worker import read_message, write_message
limits.bound_memory(1 << 29)
read_message(sys.stdin.buffer)
write_message(sys.stdout.buffer, b"")
while (data := read_message(sys.stdin.buffer)) is not None:
    if data == b"crash": sys.exit(3)
    if data == b"hang": time.sleep(60)
    if data == b"bomb": bytearray(1 << 31)
    answer = b'{"notes": 1}' if data == b"lie" else b'{"notes": ["done"]}'
    write_message(sys.stdout.buffer, answer)
"""
DONE = Examination(notes=("done",))


def look_at(examiner: Examines, *files: tuple[str, bytes]) -> dict[str, Examination]:
    for name, data in files:
        examiner.submit(name, data)
    return examiner.results()


def run(*contents: bytes, count: int = 2, seconds: float = 20.0) -> list[Examination]:
    jobs = [(str(number), data) for number, data in enumerate(contents)]
    with Pool(Setup(), count, seconds=seconds, command=(sys.executable, "-c", WORKER)) as pool:
        found = look_at(pool, *jobs)
    return [found[name] for name, _ in jobs]


def test_the_pool_finds_what_this_process_finds() -> None:
    jobs = [("a", MODULE), ("b", OTHER), ("c", b"no PE")]
    with Look(workers=2).start(None) as there, Look(workers=0).start(None) as here:
        assert look_at(there, *jobs) == look_at(here, *jobs)


@pytest.mark.parametrize("bad", [b"crash", b"lie", b"bomb"])
def test_a_worker_that_breaks_costs_one_file(bad: bytes) -> None:
    found = run(b"1", bad, b"2", b"3", bad, b"4")
    assert [f == DONE for f in found] == [True, False, True, True, False, True]


@pytest.mark.parametrize(
    ("bad", "note"),
    [
        (b"crash", "not examined: the process that examined it ended"),
        (b"lie", "not examined: the process that examined it gave no answer that can be read"),
    ],
)
def test_what_happened_is_said(bad: bytes, note: str) -> None:
    assert run(bad)[0].notes == (note,)


def test_a_file_that_takes_too_long_is_given_up() -> None:
    late, next_ = run(b"hang", b"1", count=1, seconds=1.0)
    assert (late.notes, next_) == (("not examined: it took longer than 1 s",), DONE)


def test_a_worker_that_does_not_start_is_told() -> None:
    with Pool(Setup(), 1, command=(sys.executable, "-c", "")) as pool:
        found = look_at(pool, ("a", MODULE))
    assert found["a"].notes == ("not examined: the process that examines files did not start",)


def test_results_are_kept_by_content(tmp_path: Path) -> None:
    look = Look(workers=0, cache=tmp_path)
    with look.start(None) as first:
        found = look_at(first, ("a" * 64, MODULE))
    with look.start(None) as second:
        assert look_at(second, ("a" * 64, b"another content, which is not read")) == found


def test_results_of_another_setup_are_not_used(tmp_path: Path) -> None:
    with Look(workers=0, cache=tmp_path).start(None) as first:
        look_at(first, ("a" * 64, MODULE))
    with Look(Setup(microsoft=("00",)), workers=0, cache=tmp_path).start(None) as second:
        assert look_at(second, ("a" * 64, b"no PE")) == {"a" * 64: Examination()}


def test_a_damaged_result_is_made_again(tmp_path: Path) -> None:
    look = Look(workers=0, cache=tmp_path)
    with look.start(None) as first:
        found = look_at(first, ("a" * 64, MODULE))
    for file in tmp_path.rglob("*.json"):
        file.write_text('{"anatomy": 7}')
    with look.start(None) as second:
        assert look_at(second, ("a" * 64, MODULE)) == found


def test_failures_are_not_kept(tmp_path: Path) -> None:
    from iisight.examine.cache import Cached

    broken = Pool(Setup(), 1, command=(sys.executable, "-c", WORKER))
    with Cached(broken, tmp_path, "f") as examiner:
        look_at(examiner, ("a" * 64, b"crash"))
    assert not list(tmp_path.rglob("*.json"))


def test_a_pool_that_is_closed_while_its_process_starts_leaves_none_behind() -> None:
    pool = Pool(Setup(), 1)
    pool.warm_up()
    pool.close()
    del pool
    gc.collect()  # a process that is left behind is told by Python, and is an error here
