"""`python -m tests.faults --kills 200`: more of it than a run of the tests has time for."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.kills import kill_again_and_again


def main() -> int:
    """Kill a watch as often as asked, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        outcome = kill_again_and_again(
            Path(name), parsed.kills, parsed.seed, lambda number: print(f"kill {number}", file=sys.stderr, flush=True)
        )
    print(outcome)
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
