"""`iisight harden EVIDENCE`."""

import argparse
from pathlib import Path

from iisight.cli import _look, _options, _settings
from iisight.cli._output import is_terminal, output, width_of
from iisight.cli.main import CLEAN, FOUND, INCOMPLETE
from iisight.engine.harden import harden
from iisight.evidence.open import open_source
from iisight.model.errors import UsageError
from iisight.model.posture import Answer, Posture


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("evidence", nargs="?", metavar="EVIDENCE", help="as for scan, with exports of rights beside it")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.add_argument("--output", "-o", metavar="FILE", help="write there instead of to the terminal")
    parser.add_argument("--all", action="store_true", help="text: leave nothing out, what passes included")
    _settings.file_argument(parser)
    parser.add_argument("--time", metavar="ISO8601", help="time to write into the report; without it there is none")
    _look.arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress on the terminal")


def run(parsed: argparse.Namespace) -> int:
    """Check and report."""
    if not parsed.evidence:
        raise UsageError("no EVIDENCE given: name a folder, an archive or a configuration file")
    evidence = Path(parsed.evidence)
    settings, look = _settings.settings_file(parsed, [evidence]), _look.look(parsed)
    time = _options.iso_time("--time", parsed.time)
    with _options.progress(parsed.quiet) as progress:
        posture = harden(open_source(evidence), settings, progress=progress, time=time, look=look)
    with output(parsed.output, evidence) as stream:
        if parsed.format == "json":
            from iisight.report.json import to_json

            stream.write(to_json(posture).decode("utf-8"))
        else:
            from iisight.report.posture import write

            write(posture, stream, width=width_of(stream), color=is_terminal(stream), everything=parsed.all)
    return status(posture)


def status(posture: Posture) -> int:
    """Return the exit status: a fail, else something unknown, else clean."""
    answers = {check.answer for check in posture.checks}
    if Answer.FAIL in answers:
        return FOUND
    return INCOMPLETE if Answer.UNKNOWN in answers or not answers else CLEAN
