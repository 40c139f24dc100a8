"""`iisight watch EVIDENCE`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event as Flag

from iisight.cli import _hunt, _look, _settings
from iisight.cli.main import CLEAN
from iisight.engine.hearing import infos
from iisight.engine.registry import Rule, all_rules
from iisight.model.errors import UsageError
from iisight.model.finding import Severity
from iisight.watch.sinks.parse import sink_of
from iisight.watch.sinks.sink import Sink
from iisight.watch.survey import Plan


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("evidence", nargs="?", metavar="EVIDENCE", help="folder with the files of a server that runs")
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="SINK",
        help="where alerts go: `-` (terminal), file:PATH, syslog+tls://HOST, https://…, eventlog:, command:PROGRAM",
    )
    parser.add_argument("--state", metavar="DIR", type=Path, help="folder in which the watch keeps what it knows")
    parser.add_argument("--name", metavar="NAME", help="what alerts call this server (default: as EVIDENCE is called)")
    parser.add_argument(
        "--least", choices=[*Severity], default=Severity.LOW, metavar="LEVEL", help="tell what weighs at least so much"
    )
    parser.add_argument("--rules", metavar="FILE|DIR", action="append", default=[], type=Path, help="your Sigma rules")
    _settings.arguments(parser)
    _look.arguments(parser)
    parser.set_defaults(time=None, since=None, until=None, host=[], channel=[], no_prefilter=False)


def run(parsed: argparse.Namespace) -> int:
    """Watch until told to stop."""
    import gc

    from iisight.watch.run import watch

    gc.freeze()  # what is there by now stays
    plan, rules = plan_of(parsed)
    sinks: Sequence[Sink] = [sink_of(text) for text in parsed.to or ["-"]]
    stop, again = Flag(), Flag()
    watch(plan, rules, sinks, Severity(parsed.least), stop, again, lambda: plan_of(parsed))
    return CLEAN


def plan_of(parsed: argparse.Namespace) -> tuple[Plan, tuple[Rule, ...]]:
    """Return what is looked at and with what, read anew from the files that options name. Raises UsageError."""
    evidence = Path(parsed.evidence) if parsed.evidence else None
    asked = _hunt.ask(parsed)
    rules = all_rules()
    known = [info.id for info in (*(rule.info for rule in rules), *infos(asked.rules))]
    settings = _settings.settings(parsed, [] if evidence is None else [evidence], known)
    state = _state(parsed, evidence)
    host = parsed.name or ("" if evidence is None else evidence.resolve().name)
    return Plan(evidence, state, _look.look(parsed), settings, asked, host), rules


def _state(parsed: argparse.Namespace, evidence: Path | None) -> Path:
    """Return the folder that the state is kept in. Raises UsageError when it lies in what is watched."""
    folder: Path = parsed.state or _default_state(evidence)
    if evidence is not None and folder.resolve().is_relative_to(evidence.resolve()):
        raise UsageError(f"--state {folder}: lies in what is watched; every alert would be a change")
    return folder


def _default_state(evidence: Path | None) -> Path:
    """Return where the system keeps such things: systemd's StateDirectory, else the user's own."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData"))
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    name = "this-host" if evidence is None else evidence.resolve().name or "root"
    return base / "iisight" / name
