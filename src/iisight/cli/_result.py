"""How a report leaves the program: format, output, exit status. Shared by `scan` and `show`."""

import argparse
import sys
from typing import TextIO

from iisight.cli._output import is_terminal, width_of
from iisight.cli.main import CLEAN, FOUND, INCOMPLETE
from iisight.model.finding import Severity
from iisight.model.report import Report
from iisight.report.layout import plural

FORMATS = ("text", "json", "ndjson", "csv")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a report."""
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: %(default)s")
    parser.add_argument("--timeline", action="store_true", help="what happened, in order of time, instead of findings")
    parser.add_argument("--output", "-o", metavar="FILE", help="write there instead of to the terminal")
    parser.add_argument(
        "--fail-on",
        choices=[s.value for s in Severity],
        default=Severity.MEDIUM.value,
        help="least severity of a finding that makes the exit status 1 (default: %(default)s)",
    )
    parser.add_argument("--all", action="store_true", help="text: leave nothing out, known components included")


def write(report: Report, parsed: argparse.Namespace, stream: TextIO) -> None:
    """Write a report as the options say."""
    if parsed.format == "json":
        from iisight.report.json import encode

        stream.write(encode(report).decode("utf-8"))
    elif parsed.format == "text":
        from iisight.report.text import write as write_text

        options = {"color": is_terminal(stream), "everything": parsed.all, "happened": parsed.timeline}
        write_text(report, stream, width=width_of(stream), **options)
    else:
        from iisight.report import rows

        writer = rows.write_csv if parsed.format == "csv" else rows.write_ndjson
        writer(report, stream, timeline=parsed.timeline)
    if report.gaps and (parsed.format in ("ndjson", "csv") or (parsed.timeline and parsed.format == "text")):
        unread = plural(sum(gap.count for gap in report.gaps), "thing")
        print(f"iisight: {unread} could not be read; the whole report names them", file=sys.stderr)  # noqa: T201


def status(report: Report, fail_on: str) -> int:
    """Return the exit status: findings, else gaps, else clean."""
    least = Severity(fail_on).rank
    if any(f.suppressed is None and f.severity.rank >= least for f in report.findings):
        return FOUND
    return INCOMPLETE if report.gaps else CLEAN
