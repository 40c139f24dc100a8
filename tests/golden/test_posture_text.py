"""The text of a posture, word by word. Run this module to write the goldens anew."""

import io
from pathlib import Path

import pytest

from iisight.report.posture import write
from tests.builders.postures import sample

HERE = Path(__file__).parent
CASES = {"posture_80.txt": (80, False), "posture_120_everything.txt": (120, True)}


def shown(width: int, everything: bool) -> str:
    stream = io.StringIO()
    write(sample(), stream, width=width, everything=everything)
    return stream.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_the_sample_reads_as_the_golden(name: str) -> None:
    assert shown(*CASES[name]) == (HERE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_keep_to_the_width_but_for_a_word_that_is_longer(width: int) -> None:
    for row in shown(width, False).splitlines():
        assert len(row) <= width or any(len(word) > width // 2 for word in row.split())


if __name__ == "__main__":
    for name, case in CASES.items():
        (HERE / name).write_text(shown(*case), encoding="utf-8", newline="\n")
