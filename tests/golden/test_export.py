"""One export of each dialect, of the layer and of the table, word by word. Run this module to write the golden anew."""

from pathlib import Path

import pytest

from iisight.engine.registry import Rule, find_rule
from iisight.export.kinds import KINDS, export
from tests.dialects import back_ends_are_there

GOLDEN = Path(__file__).parent / "export"
RULES = ("IIS308", "IIS331", "IIS101", "IIS269")  # an approximation, exact Sigma, what no event says, YARA


def rules() -> list[Rule]:
    return [find_rule(rule) for rule in RULES]


def written(kind: str) -> str:
    return "".join(f"==== {name}\n{data.decode()}" for name, data in export(kind, rules()).files).replace("\r\n", "\n")


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_is_what_it_was(kind: str) -> None:
    back_ends_are_there()
    assert written(kind) == (GOLDEN / f"{kind}.txt").read_text("utf-8")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in KINDS:
        (GOLDEN / f"{each}.txt").write_text(written(each), "utf-8", newline="\n")
