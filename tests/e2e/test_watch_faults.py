"""A watch that is killed, fed with garbage and robbed of its state loses no alert and invents none."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.estates import estate

from tests.faults.disk import in_small_disk, may_mount
from tests.faults.flood import Force, flood
from tests.faults.kills import kill_again_and_again
from tests.faults.served import APPHOST, Served

KILLS = int(os.environ.get("IISIGHT_KILLS", "8"))
EVIL = b'<globalModules><add name="Evil" image="%windir%\\System32\\inetsrv\\evil.dll" />'
UPLOADED = '<add name="Uploaded" path="*.u" verb="*" type="Shop.Uploaded, Shop" /></handlers>'
WEB = "D:\\web\\site00000\\web.config"
MANY = 10_000  # files
MAX_MEMORY = 256  # MiB; at rest it takes 65, and what is noticed at once is bounded by 10,000 paths


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, estate(2, 1))
    served.start()
    try:
        served.expect("watching")
        yield served
    finally:
        served.kill()


def test_a_watch_that_is_killed_again_and_again_loses_and_invents_nothing(tmp_path: Path) -> None:
    outcome = kill_again_and_again(tmp_path, KILLS, seed=7)
    assert outcome.wrong == ()
    assert outcome.alerts > 0


@pytest.mark.skipif(sys.platform != "linux", reason="what the watch takes is asked of Linux")
def test_a_storm_of_changes_hides_nothing_and_takes_bounded_memory(tmp_path: Path) -> None:
    found = flood(tmp_path, Force(seconds=3.0, rate=8_000, writers=2), seed=3)
    assert found.wrong == ()
    assert found.planted > 0
    assert found.rest is not None
    assert found.memory < 2 * MAX_MEMORY  # of all processes


@pytest.mark.skipif(not may_mount(), reason="no file system of one's own can be mounted here")
def test_a_disk_that_is_full_loses_no_alert_though_the_watch_is_killed_on_it(tmp_path: Path) -> None:
    found = in_small_disk(tmp_path, rounds=2, seed=5)
    assert found.wrong == ()
    assert found.refusals > 0
    assert found.alerts > 0


def test_what_comes_with_garbage_is_told_and_the_garbage_invents_nothing(served: Served) -> None:
    whole = served.at(APPHOST).read_bytes()
    since = len(served.alerts())
    served.write(APPHOST, whole[: len(whole) // 2])
    served.expect("applicationHost.config is malformed now")
    served.write(APPHOST, whole.replace(b"<globalModules>", EVIL))
    served.expect("native-module 'Evil' is there", since=since)
    served.at(APPHOST).unlink()
    served.expect("applicationHost.config is gone, or cannot be read", since=since)
    served.at(APPHOST).mkdir()
    served.at(APPHOST).rmdir()
    served.write(APPHOST, whole)
    served.expect("'Evil'", "is gone", since=since)
    named = ("applicationHost.config", "'Evil'", "watching")
    assert [m for m in served.messages(since) if not any(part in m for part in named)] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let a file be taken away that is open")
def test_a_state_that_is_taken_away_is_told_and_the_watch_goes_on(served: Served) -> None:
    (served.state / "watch.sqlite").unlink()
    served.edit(WEB, "</handlers>", UPLOADED)
    served.expect("'Uploaded' is there")
    served.expect("opened anew, and what was known is lost")
    since = len(served.alerts())
    served.expect("watching")
    served.until(lambda: served.fact("generation") not in ("", "0"), "nothing is looked at", since)
    served.edit(WEB, "Uploaded", "Second")
    served.expect("'Second'")


def test_many_files_at_once_take_little_memory_and_hide_nothing(served: Served) -> None:
    folder = served.at("D:\\web\\site00001\\upload")
    folder.mkdir()
    for number in range(MANY):
        (folder / f"{number}.txt").write_bytes(b"x")
        if number == MANY // 2:
            served.edit(WEB, "</handlers>", UPLOADED)
    served.expect("'Uploaded' is there")
    folder.rename(folder.with_name("renamed"))
    served.edit(WEB, "Uploaded", "Second")
    served.expect("'Second'")
    assert served.memory() < MAX_MEMORY
    assert {m.split(" is ")[0] for m in served.messages() if "watching" not in m} == {
        "managed-handler 'Uploaded'",
        "managed-handler 'Second'",
    }
