"""The floor: how many malicious hosts of each mechanism are found at least.

It counts hosts and no shares: a new host that no rule finds yet is welcome, and lowers nothing.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tests.quality.measure import Result

_FILE = Path(__file__).parent / "floor.json"


def read_floor() -> dict[str, int]:
    """Return the floor by mechanism."""
    floor: dict[str, int] = json.loads(_FILE.read_text("utf-8"))
    return floor


def write_floor(results: Iterable[Result]) -> None:
    """Make what is found now the floor."""
    found = {result.mechanism: result.found for result in results}
    _FILE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8", newline="\n")
