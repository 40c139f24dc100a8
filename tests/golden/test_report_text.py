"""The text report of the sample, word by word. Run this module to write the goldens anew."""

import io
from pathlib import Path

import pytest

from iisight.report.text import write
from tests.builders.reports import sample

HERE = Path(__file__).parent
CASES = {"report_80.txt": (80, False), "report_120_everything.txt": (120, True)}


def shown(width: int, everything: bool) -> str:
    stream = io.StringIO()
    write(sample(), stream, width=width, everything=everything)
    return stream.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_the_sample_reads_as_the_golden(name: str) -> None:
    assert shown(*CASES[name]) == (HERE / name).read_text(encoding="utf-8")


if __name__ == "__main__":
    for name, case in CASES.items():
        (HERE / name).write_text(shown(*case), encoding="utf-8", newline="\n")
