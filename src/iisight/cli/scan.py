"""`iisight scan EVIDENCE`."""

import argparse
import sys
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from iisight.cli import _look, _options, _result
from iisight.cli._output import output
from iisight.engine.registry import all_rules
from iisight.engine.scan import scan
from iisight.engine.settings import FILE_NAME, Settings, load, parse_ignore
from iisight.evidence.open import open_source
from iisight.model.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "evidence",
        nargs="?",
        metavar="EVIDENCE",
        help="folder (copied drive, inetsrv\\config, an application), ZIP or tar archive, or one configuration file",
    )
    _result.arguments(parser)
    parser.add_argument("--config", metavar="FILE", help=f"settings; ./{FILE_NAME} is read when it is there")
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE[:COMPONENT]=REASON",
        help="do not count these findings; they stay in the report with the reason",
    )
    parser.add_argument("--time", metavar="ISO8601", help="time to write into the report; without it there is none")
    _look.arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress on the terminal")


def run(parsed: argparse.Namespace) -> int:
    """Scan and report."""
    if not parsed.evidence:
        raise UsageError(
            "no EVIDENCE given: name a folder, an archive or a configuration file (reading this host's own"
            " configuration is not there yet; `iisight scan C:\\Windows\\System32\\inetsrv\\config` reads the files)"
        )
    settings, look, deep = _settings(parsed), _look.look(parsed), _look.deep(parsed)
    with _options.progress(parsed.quiet) as progress:
        source = open_source(Path(parsed.evidence))
        report = scan(source, settings, progress=progress, time=_options.iso_time(parsed.time), look=look, deep=deep)
    with output(parsed.output, Path(parsed.evidence)) as stream:
        _result.write(report, parsed, stream)
    if parsed.output and sys.stderr.isatty():
        print(f"written to {parsed.output}", file=sys.stderr)  # noqa: T201
    return _result.status(report, parsed.fail_on)


def _is_ours(path: Path, evidence: Path) -> bool:
    """Tell whether a settings file is there, and not one that the evidence brought along."""
    return path.is_file() and not path.resolve().is_relative_to(evidence.resolve())


def _settings(parsed: argparse.Namespace) -> Settings:
    path = Path(parsed.config) if parsed.config else Path(FILE_NAME)
    settings = load(path) if parsed.config or _is_ours(path, Path(parsed.evidence)) else Settings()
    ignores = tuple(parse_ignore(text) for text in parsed.ignore)
    for ignore in ignores:
        if not any(fnmatchcase(rule.info.id.lower(), ignore.rule.lower()) for rule in all_rules()):
            raise UsageError(f"--ignore: no rule '{ignore.rule}'; `iisight rules list` names them all")
    return replace(settings, ignores=(*settings.ignores, *ignores))
