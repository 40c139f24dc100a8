"""`iisight hunt LOG…`."""

import argparse
from pathlib import Path

from iisight.cli import _hunt, _options, _result, _settings
from iisight.cli._output import output
from iisight.engine.hearing import infos
from iisight.engine.hunt import hunt
from iisight.engine.registry import LOOKING, all_rules
from iisight.model.coverage import Gap
from iisight.model.errors import EvidenceError
from iisight.telemetry.logs import Log, find_logs


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "logs",
        nargs="+",
        metavar="LOG",
        help=".evtx, JSON or XML of event logs, plain or compressed; a folder or ZIP of them; `-` is standard input",
    )
    _result.arguments(parser)
    _settings.arguments(parser)
    _hunt.arguments(parser)
    parser.add_argument("--workers", metavar="N", type=int, help="processes (default: as many as pay)")
    parser.add_argument("--quiet", action="store_true", help="no progress on the terminal")


def run(parsed: argparse.Namespace) -> int:
    """Read, and report."""
    asked, given = _hunt.ask(parsed), [Path(name) for name in parsed.logs if name != "-"]
    known: list[str] = []
    if parsed.ignore:
        known = [info.id for info in (*(rule.info for rule in all_rules(*LOOKING)), *infos(asked.rules))]
    settings = _settings.settings(parsed, given, known)
    found = list(find_logs(parsed.logs))
    logs = [log for log in found if isinstance(log, Log)]
    gaps = [gap for gap in found if isinstance(gap, Gap)]
    if not logs:
        raise EvidenceError("; ".join(f"{gap.subject}: {gap.reason}" for gap in gaps[:3]) or "no event log")
    with _options.throughput(parsed.quiet) as progress:
        report = hunt(_name(parsed.logs), logs, asked, settings, gaps=gaps, progress=progress)
    with output(parsed.output, *given, is_text=parsed.format == "text") as stream:
        _result.write(report, parsed, stream)
    return _result.status(report, parsed.fail_on)


def _name(names: list[str]) -> str:
    first = "standard input" if names[0] == "-" else Path(names[0]).name or names[0]
    return first if len(names) == 1 else f"{first} and {len(names) - 1} more"
