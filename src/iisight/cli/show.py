"""`iisight show REPORT`."""

import argparse
import sys
from pathlib import Path

from iisight.cli import _result
from iisight.cli._output import output
from iisight.model.errors import EvidenceError
from iisight.report.json import MAX_SIZE, decode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("report", metavar="REPORT", help="a report written with --format json; `-` is standard input")
    _result.arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Read a report and write it again."""
    report = decode(_read(parsed.report))
    with output(parsed.output) as stream:
        _result.write(report, parsed, stream)
    return _result.status(report, parsed.fail_on)


def _read(name: str) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_SIZE + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise EvidenceError(f"{name}: {error.strerror}") from error
    if len(data) > MAX_SIZE:
        raise EvidenceError(f"{name}: larger than {MAX_SIZE} bytes: not a report")
    return data
