"""Fills the disk that state, queue and a file of alerts are on, and frees it; says what was lost or invented.

`in_small_disk` gives it a file system of its own: a tmpfs of some MiB in a mount namespace, gone with the process.
"""

import errno
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.estates import estate

from tests.faults.served import Alert, Served, alerts_in, differing_twins
from tests.faults.storm import SITES, Storm

MIB = 8
_PLANTED = 6  # things that come and stay, in each round
_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of it."""

    rounds: int
    changes: int
    alerts: int
    refusals: int  # times that the watch told that the disk takes nothing
    wrong: tuple[str, ...]


def may_mount() -> bool:
    """Tell whether this system gives a file system of its own to whoever asks."""
    command = [*_UNSHARE, "mount", "-t", "tmpfs", "none", tempfile.gettempdir()]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def in_small_disk(folder: Path, rounds: int, seed: int) -> Filled:
    """Do it in a process that has a small disk in a folder."""
    command = [*_UNSHARE, sys.executable, "-m", "tests.faults.disk", str(folder), str(rounds), str(seed)]
    answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return Filled(**{**answer, "wrong": tuple(answer["wrong"])})


def fill_again_and_again(folder: Path, disk: Path, rounds: int, seed: int) -> Filled:
    """Watch a small server with the state on a small disk; let things happen while it is full.

    Every other time the watch is killed while the disk is full, and started before it is freed.
    """
    served, beside, ballast = Served(folder, estate(SITES, 1)), folder / "beside.ndjson", disk / "ballast"
    served.state, served.log = disk / "state", disk / "alerts.ndjson"
    storm, options = Storm(served, Random(seed)), ("--to", f"file:{beside}")
    served.start(*options)
    try:
        served.expect("watching")
        for number in range(rounds):
            since = len(alerts_in(beside))
            _fill(ballast)
            planted = [f"drop{100 * number + n}" for n in range(10, 10 + _PLANTED)]
            for name in planted:
                storm.keep(name)
                storm.step()
                time.sleep(storm.random.random())
                _fill(ballast)
            _expect(served, beside, since, planted)
            if number % 2:
                served.kill()
                served.start(*options)
                _expect(served, beside, since, ["the watch cannot begin yet"])
            begun = len(served.alerts())
            ballast.unlink()
            if number % 2:
                served.expect("watching", since=begun)
            else:
                _expect_kept(served, beside, since)
            served.expect(planted[-1])
        served.settle(*options)
        told, besides = served.alerts(), alerts_in(beside)
        refusals = sum("disk is full" in str(alert["message"]) for alert in besides)
        wrong = [*storm.wrong(told), *_wrong(told), *_wrong(besides)]
        return Filled(rounds, storm.changes, len({a["event"]["id"] for a in told}), refusals, tuple(wrong))
    finally:
        served.kill()


def _expect(served: Served, log: Path, since: int, wanted: list[str]) -> None:
    """Wait until another file than that on the full disk has it all."""

    def is_told() -> bool:
        text = "\n".join(str(alert["message"]) for alert in alerts_in(log)[since:])
        return all(part in text for part in wanted)

    served.until(is_told, f"{wanted} is not told beside", since)


def _expect_kept(served: Served, log: Path, since: int) -> None:
    """Wait until the queue has all that was sent past it: then nothing is in memory alone."""
    sent = {str(alert["event"]["id"]) for alert in alerts_in(log)[since:]}
    served.until(lambda: sent <= served.queued(), "the queue has not all that was sent past it", since)


def _wrong(alerts: list[Alert]) -> Iterator[str]:
    yield from (f"{twin} is the id of two alerts" for twin in differing_twins(alerts))
    yield from (a["message"] for a in alerts if "is lost" in a["message"] or "are lost" in a["message"])


def _fill(ballast: Path) -> None:
    """Take all that the disk has left."""
    with ballast.open("ab", buffering=0) as file:
        for size in (_BLOCK, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def main(folder: Path, rounds: int, seed: int) -> None:
    """Mount the small disk, and print what came of it as JSON."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MIB}m", "none", str(disk)], check=True)
    found = fill_again_and_again(folder, disk, rounds, seed)
    print(json.dumps({name: getattr(found, name) for name in Filled.__slots__}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
