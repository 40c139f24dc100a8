"""`python -m tests.quality [--write-floor]`: the table of the quality gate."""

import argparse
import json
from pathlib import Path

from tests.quality.hosts import mechanisms
from tests.quality.measure import Result, measure, overall_precision, table

FLOOR = Path(__file__).parent / "floor.json"


def main() -> None:
    """Print the table; write the floor when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality")
    parser.add_argument("--write-floor", action="store_true", help="make what is reached now the least that passes")
    parser.add_argument("mechanism", nargs="*", help="L-01 …; none: all")
    parsed = parser.parse_args()
    if parsed.write_floor and parsed.mechanism:
        parser.error("the floor is written for all mechanisms at once")
    results = [measure(name) for name in parsed.mechanism or mechanisms()]
    print(table(results))
    if parsed.write_floor:
        FLOOR.write_text(json.dumps(_floor(results), indent=2) + "\n", encoding="utf-8", newline="\n")


def _floor(results: list[Result]) -> dict[str, object]:
    return {"precision": overall_precision(results), "found": {r.mechanism: r.found for r in results}}


if __name__ == "__main__":
    main()
