"""Run every benchmark and print one table; each compares with a named peer or with itself at half the size."""

import argparse
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import binaries, hunting, parsing, processes, resolving, watching
from benchmarks.measure import Measured

CORPUS = "IISIGHT_CORPUS"


def main() -> int:
    """Print the figures; the exit status is 1 when one misses its bound."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--corpus", default=os.environ.get(CORPUS), help=f"folder with real files (or ${CORPUS})")
    parser.add_argument(
        "--dlls", type=Path, help="folder with real executables, at least 500 for the figures of README"
    )
    parser.add_argument("only", nargs="*", help=f"of {', '.join(_PARTS)}; none: all")
    parsed = parser.parse_args()
    corpus = Path(parsed.corpus) if parsed.corpus else None
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}")
    missed = 0
    for measured in _all(corpus, parsed.dlls, parsed.only):
        print(measured.line(), flush=True)
        missed += not measured.holds
    return 1 if missed else 0


_PARTS = ("processes", "resolving", "parsing", "binaries", "hunting", "watching")


def _all(corpus: Path | None, dlls: Path | None, only: Sequence[str]) -> Iterator[Measured]:
    parts = (processes.run(corpus), resolving.run(), parsing.run(), binaries.run(dlls), hunting.run(), watching.run())
    for name, part in zip(_PARTS, parts, strict=True):
        if not only or name in only:
            yield from part


if __name__ == "__main__":
    sys.exit(main())
