"""`python -m tests.faults --kills 200`, `--storm`, `--full-disk 10`: more of it than a run of the tests has time for.

Exit status: 0 when nothing was lost and nothing invented, 1 else.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.disk import Filled, in_small_disk
from tests.faults.flood import Flooded, Force, flood
from tests.faults.kills import Outcome, kill_again_and_again

_SHARED_MEMORY = Path("/dev/shm")  # a file system in memory, so that the disk does not bound the writers
MAX_MEMORY = 512  # MiB of all processes of the watch


def main() -> int:
    """Do what is asked, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--kills", type=int, default=200, help="end a watch so many times with kill -9")
    parser.add_argument("--storm", action="store_true", help="change thousands of files a second instead")
    parser.add_argument("--full-disk", type=int, metavar="TIMES", help="fill the disk of the state so often instead")
    parser.add_argument("--seconds", type=float, default=15.0, help="of the storm")
    parser.add_argument("--rate", type=int, default=12_000, help="changes a second; 0: as many as can be")
    parser.add_argument("--writers", type=int, default=2, help="processes of the storm")
    parser.add_argument("--least", type=int, default=10_000, help="changes a second below which it proves nothing")
    parser.add_argument("--on", type=Path, help="folder in whose file system it is done")
    parser.add_argument("--seed", type=int, default=1)
    parsed = parser.parse_args()
    place = parsed.on or (_SHARED_MEMORY if parsed.storm and _SHARED_MEMORY.is_dir() else None)
    with tempfile.TemporaryDirectory(dir=place) as name:
        if parsed.storm:
            return _storm(Path(name), Force(parsed.seconds, parsed.rate, parsed.writers), parsed.seed, parsed.least)
        if parsed.full_disk:
            return _told(in_small_disk(Path(name), parsed.full_disk, parsed.seed))
        return _kills(Path(name), parsed.kills, parsed.seed)


def _kills(folder: Path, kills: int, seed: int) -> int:
    outcome = kill_again_and_again(
        folder, kills, seed, lambda number: print(f"kill {number}", file=sys.stderr, flush=True)
    )
    return _told(outcome)


def _told(outcome: Outcome | Filled) -> int:
    print(outcome)
    return 1 if outcome.wrong else 0


def _storm(folder: Path, force: Force, seed: int, least: int) -> int:
    found = flood(folder, force, seed)
    print("\n".join(_figures(found)))
    wrong = list(found.wrong)
    if found.rate < least:
        wrong.append(f"{found.rate:,.0f} changes a second prove nothing of {least:,}")
    if found.memory > MAX_MEMORY:
        wrong.append(f"{found.memory} MiB are more than {MAX_MEMORY}")
    if found.rest is None:
        wrong.append("the watch does not rest")
    print("\n".join(wrong) if wrong else "nothing lost, nothing invented")
    return 1 if wrong else 0


def _figures(found: Flooded) -> list[str]:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.counts.items()))
    rest = "never" if found.rest is None else f"{found.rest:.0f} s after the last change"
    return [
        f"{found.changes:,} changes in {found.seconds:.1f} s: {found.rate:,.0f} a second ({kinds})",
        f"{found.counting} count; of {found.planted} that stay, the slowest was told after {found.slowest:.1f} s",
        f"the system left out notifications {found.overflows} times",
        f"the watch did not turn for {found.pause:.1f} s at most, and rests {rest}",
        f"memory: {found.memory} MiB of all processes at one time, {found.memory_of_one} MiB of one",
    ]


if __name__ == "__main__":
    sys.exit(main())
