"""`iisight diff OLD NEW`."""

import argparse
from dataclasses import replace
from pathlib import Path

from iisight.cli import _look, _options, _settings, _sides
from iisight.cli._output import is_terminal, output, width_of
from iisight.cli._result import FORMATS
from iisight.cli.main import CLEAN, FOUND, INCOMPLETE
from iisight.engine.compare import compare
from iisight.engine.registry import LOOKING, all_rules
from iisight.engine.scan import scan
from iisight.evidence.open import open_source
from iisight.model.baseline import Baseline
from iisight.model.comparison import Comparison, Turn
from iisight.model.report import Report
from iisight.report import comparison as reporter
from iisight.report.json import to_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    what = "a report of `scan --format json`, a baseline, or evidence as for scan"
    parser.add_argument("old", metavar="OLD", help=f"{what}; `-` is a report from standard input")
    parser.add_argument("new", metavar="NEW", help="the same, later")
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: %(default)s")
    parser.add_argument("--moved", action="store_true", help="tell as well what is only at another line or place")
    parser.add_argument("--all", action="store_true", help="text: leave nothing out")
    parser.add_argument("--output", "-o", metavar="FILE", help="write there instead of to the terminal")
    _sides.key_argument(parser)
    _settings.arguments(parser)
    evidence_arguments(parser)


def evidence_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how evidence is scanned where it stands in the place of a report."""
    parser.add_argument("--time", metavar="ISO8601", help="time of the scan; without it there is none")
    _look.arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress on the terminal")


def run(parsed: argparse.Namespace) -> int:
    """Compare and print."""
    old, new = (side(name, parsed) for name in (parsed.old, parsed.new))
    compared = compare(old, new)
    if not parsed.moved:
        compared = replace(compared, changes=tuple(c for c in compared.changes if c.turn is not Turn.MOVED))
    evidence = [Path(name) for name in (parsed.old, parsed.new) if Path(name).is_dir()]
    with output(parsed.output, *evidence, is_text=parsed.format == "text") as stream:
        if parsed.format == "json":
            stream.write(to_json(compared).decode("utf-8"))
        elif parsed.format == "text":
            options = {"color": is_terminal(stream), "everything": parsed.all}
            reporter.write(compared, stream, width=width_of(stream), **options)
        else:
            (reporter.write_csv if parsed.format == "csv" else reporter.write_ndjson)(compared, stream)
    return status(compared)


def side(name: str, parsed: argparse.Namespace) -> Report | Baseline:
    """Return a report or baseline, read or made now of evidence. Raises IisightError."""
    found = _sides.saved(name, _sides.key_of(parsed))
    if found is not None:
        return found
    settings = _settings.settings(parsed, [Path(name)], [rule.info.id for rule in all_rules(*LOOKING)])
    look, deep, time = _look.look(parsed), _look.deep(parsed), _options.iso_time("--time", parsed.time)
    with _options.progress(parsed.quiet) as progress:
        return scan(open_source(Path(name)), settings, progress=progress, time=time, look=look, deep=deep)


def status(compared: Comparison) -> int:
    """Return the exit status: changes, else what was not read on either side, else clean."""
    if compared.counting:
        return FOUND
    doubts = any(change.turn is Turn.UNKNOWN for change in compared.changes)
    return INCOMPLETE if doubts or compared.old.gaps or compared.new.gaps else CLEAN
