"""`iisight show REPORT`."""

import argparse

from iisight.cli import _result, _sides
from iisight.cli._output import output
from iisight.report.json import decode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("report", metavar="REPORT", help="a report written with --format json; `-` is standard input")
    _result.arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Read a report and write it again."""
    report = decode(_sides.read(parsed.report))
    with output(parsed.output, is_text=parsed.format == "text") as stream:
        _result.write(report, parsed, stream)
    return _result.status(report, parsed.fail_on)
