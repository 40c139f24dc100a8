"""`iisight scan [EVIDENCE]`."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from iisight.cli import _hunt, _live, _look, _options, _result, _settings, _sides
from iisight.cli._output import output
from iisight.engine.baseline import approvals
from iisight.engine.hearing import infos
from iisight.engine.registry import LOOKING, all_rules
from iisight.engine.scan import scan


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "evidence",
        nargs="?",
        metavar="EVIDENCE",
        help="folder (copied drive, inetsrv\\config, an application), ZIP or tar archive, or one configuration file;"
        " on Windows this host when none is given",
    )
    _result.arguments(parser)
    _settings.arguments(parser)
    parser.add_argument(
        "--baseline", metavar="FILE", help="trust what this baseline approves, as far as it is the same"
    )
    _sides.key_argument(parser)
    parser.add_argument("--time", metavar="ISO8601", help="time to write into the report; without it there is none")
    _look.arguments(parser)
    _hunt.arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress on the terminal")


def run(parsed: argparse.Namespace) -> int:
    """Scan and report."""
    evidence = [Path(parsed.evidence)] if parsed.evidence else []
    _live.check(evidence)
    asked = _hunt.ask(parsed)
    known = [info.id for info in (*(rule.info for rule in all_rules(*LOOKING)), *infos(asked.rules))]
    audited = evidence or [Path()]  # on the audited machine itself a settings file may be an intruder's: only --config
    settings = _settings.settings(parsed, audited, known)
    if parsed.baseline:
        approved = approvals(_sides.baseline(parsed.baseline, _sides.key_of(parsed)))
        settings = replace(settings, approved=approved)
    look, deep, time = _look.look(parsed), _look.deep(parsed), _options.iso_time("--time", parsed.time)
    with _options.progress(parsed.quiet) as progress:
        host = _live.opened(evidence, progress)
        report = scan(
            host.source, settings, progress=progress, time=time, look=look, deep=deep, ask=asked, machine=host.machine
        )
    with output(parsed.output, *evidence, is_text=parsed.format == "text") as stream:
        _result.write(report, parsed, stream)
    if parsed.output and sys.stderr.isatty():
        print(f"written to {parsed.output}", file=sys.stderr)  # noqa: T201
    return _result.status(report, parsed.fail_on)
