"""Compare iisight with independent readers over a folder of executables: `python -m tests.oracles FOLDER`.

The readers are signify and osslsigncode (signatures), pefile (imports, exports, hash, version) and dnfile (types,
references). Each is optional: `python -m pip install --no-deps -r requirements/oracles.txt` into an environment
that has iisight, and osslsigncode from its project or the system's packages.

A folder of real, signed and managed files: `pip download --only-binary :all: --platform win_amd64 --no-deps NAME` for
projects that ship DLLs (Qt, pythonnet, onnxruntime, …), then unzip the wheels into it. Nothing of them is run.

Exit status 1: an oracle disagrees, and none of the reasons in `reasons.py` fits.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from iisight.parsers.pe import is_pe
from tests.oracles.comparison import Comparison
from tests.oracles.reasons import REASONS
from tests.oracles.run import ORACLES, compare, is_there, write_roots

_HEAD = 4096
_AGREES, _UNEXPLAINED = "agrees", "disagrees"

Counts = Counter[tuple[str, str, str]]  # oracle, topic, `agrees`, `disagrees` or the name of a reason


def main(arguments: Sequence[str]) -> int:
    """Print each disagreement that no reason explains, then the table of all answers."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracles", description="Compare with independent readers.")
    parser.add_argument("folder", type=Path, help="of real executables, searched with all folders in it")
    parser.add_argument("--limit", type=int, help="look at so many files alone")
    parser.add_argument("--oracle", choices=ORACLES, action="append", help="ask this one alone; may be given again")
    given = parser.parse_args(arguments)
    there = [name for name in given.oracle or ORACLES if is_there(name)]
    for name in set(given.oracle or ORACLES).difference(there):
        print(f"{name} is not there: nothing is compared with it")
    files = list(islice(_executables(given.folder), given.limit))
    counts = _compare_all(files, there)
    _print_table(counts, len(files))
    return int(any(outcome == _UNEXPLAINED for _, _, outcome in counts))


def _compare_all(files: list[Path], oracles: list[str]) -> Counts:
    counts: Counts = Counter()
    with TemporaryDirectory() as folder, ProcessPoolExecutor(os.cpu_count()) as pool:
        roots = write_roots(Path(folder)) if "osslsigncode" in oracles else Path()
        job = partial(compare, oracles=oracles, roots=roots)
        for path, found in zip(files, pool.map(job, files, chunksize=4), strict=True):
            for comparison in found:
                outcome = _outcome(comparison)
                counts[comparison.oracle, comparison.topic, outcome] += 1
                if outcome == _UNEXPLAINED:
                    print(f"{path}: {comparison.topic}", *comparison.lines(), sep="\n", flush=True)
    return counts


def _executables(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                if is_pe(file.read(_HEAD)):
                    yield path


def _outcome(comparison: Comparison) -> str:
    return _AGREES if comparison.agrees else comparison.reason or _UNEXPLAINED


def _print_table(counts: Counts, files: int) -> None:
    print(f"{files} files")
    for (oracle, topic, outcome), count in sorted(counts.items()):
        print(f"{oracle:14}{topic:24}{count:7}  {outcome}")
    fitting = {outcome for _, _, outcome in counts}
    for reason in REASONS:
        if reason.name in fitting:
            print(f"{reason.name}: {reason.why}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
