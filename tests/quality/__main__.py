"""`python -m tests.quality [--write-floor] [L-01 …]`: the table of the quality gate."""

import argparse

from tests.quality.floor import write_floor
from tests.quality.hosts import mechanisms
from tests.quality.measure import measure, table


def main() -> None:
    """Print the table; write the floor when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality")
    parser.add_argument("--write-floor", action="store_true", help="make what is found now the least that passes")
    parser.add_argument("mechanism", nargs="*", help="L-01 …; none: all")
    parsed = parser.parse_args()
    if parsed.write_floor and parsed.mechanism:
        parser.error("the floor is written for all mechanisms at once")
    results = [measure(name) for name in parsed.mechanism or mechanisms()]
    print(table(results))
    if parsed.write_floor:
        write_floor(results)


if __name__ == "__main__":
    main()
