"""Options that say which events are read, and what is asked of them. Shared by `scan` and `hunt`."""

import argparse
from pathlib import Path

from iisight.cli import _options
from iisight.engine.hearing import Ask
from iisight.model.errors import UsageError
from iisight.sigma.rule import RuleSet
from iisight.telemetry.search import Window


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    group = parser.add_argument_group("event logs")
    group.add_argument("--rules", metavar="FILE|DIR", action="append", default=[], type=Path, help="your Sigma rules")
    group.add_argument("--since", metavar="ISO8601", help="leave out events before (UTC unless a zone is given)")
    group.add_argument("--until", metavar="ISO8601", help="leave out events after")
    group.add_argument("--host", metavar="NAME", action="append", default=[], help="only of these computers (`web*`)")
    group.add_argument(
        "--channel", metavar="NAME", action="append", default=[], help="only of these channels (`sysmon`)"
    )
    group.add_argument("--no-prefilter", action="store_true", help="read every record, even where nothing can be found")


def ask(parsed: argparse.Namespace) -> Ask:
    """Return what the options say. Raises UsageError."""
    workers = _options.workers(parsed)
    since, until = _options.utc_time("--since", parsed.since), _options.utc_time("--until", parsed.until)
    if since is not None and until is not None and since > until:
        raise UsageError("--since lies after --until: no event can be between them")
    window = Window(since, until, tuple(parsed.host), tuple(parsed.channel))
    return Ask(_rules(parsed.rules), window, workers, not parsed.no_prefilter)


def _rules(paths: list[Path]) -> RuleSet:
    for path in paths:
        if not path.exists():
            raise UsageError(f"--rules {path}: there is no such file or folder")
    if not paths:
        return RuleSet()
    from iisight.sigma.load import load_user

    return load_user(paths)
