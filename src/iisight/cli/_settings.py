"""Options that say what counts: settings and suppressions. Shared by the commands that read evidence."""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from iisight.engine.settings import FILE_NAME, Settings, load, parse_ignore
from iisight.model.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    file_argument(parser)
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE[:COMPONENT]=REASON",
        help="do not count these findings; they stay in the report with the reason",
    )


def settings(parsed: argparse.Namespace, evidence: Iterable[Path], known: Iterable[str]) -> Settings:
    """Return what the options say. Raises UsageError, as for a rule to ignore that is not `known`."""
    read = settings_file(parsed, evidence)
    ignores, ids = tuple(parse_ignore(text) for text in parsed.ignore), list(known)
    for ignore in ignores:
        if not any(fnmatchcase(rule.lower(), ignore.rule.lower()) for rule in ids):
            raise UsageError(f"--ignore: no rule '{ignore.rule}'; `iisight rules list` names them all")
    return replace(read, ignores=(*read.ignores, *ignores))


def file_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the option that names a settings file."""
    parser.add_argument("--config", metavar="FILE", help=f"settings; ./{FILE_NAME} is read when it is there")


def settings_file(parsed: argparse.Namespace, evidence: Iterable[Path]) -> Settings:
    """Return what the settings file says, if there is one. Raises UsageError."""
    path = Path(parsed.config) if parsed.config else Path(FILE_NAME)
    return load(path) if parsed.config or _is_ours(path, evidence) else Settings()


def _is_ours(path: Path, evidence: Iterable[Path]) -> bool:
    """Tell whether a settings file is there, and not one that the evidence brought along."""
    return path.is_file() and not any(path.resolve().is_relative_to(given.resolve()) for given in evidence)
