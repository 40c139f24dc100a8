"""`iisight watch EVIDENCE`."""

import argparse
import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

from iisight.cli import _hunt, _look, _settings, _sides
from iisight.cli.main import CLEAN
from iisight.engine.baseline import approvals
from iisight.engine.hearing import infos
from iisight.engine.live import computer_name
from iisight.engine.registry import Rule, all_rules
from iisight.model.errors import UsageError
from iisight.model.finding import Severity
from iisight.watch.feeds.feed import EVENT_LOGS
from iisight.watch.running import Running
from iisight.watch.sinks.parse import sink_of
from iisight.watch.survey import Plan


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("evidence", nargs="?", metavar="EVIDENCE", help="folder with the files of a server that runs")
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="SINK",
        help="where alerts go: `-` (terminal), file:PATH, syslog+tls://HOST, https://…, eventlog: (when --service),"
        " command:PROGRAM",
    )
    parser.add_argument(
        "--events",
        action="append",
        default=[],
        metavar="FEED",
        help="where events come from: a file that grows, a folder that a forwarder writes to, `-`, wineventlog:",
    )
    parser.add_argument("--state", metavar="DIR", type=Path, help="folder in which the watch keeps what it knows")
    parser.add_argument("--name", metavar="NAME", help="what alerts call this server (default: as EVIDENCE is called)")
    parser.add_argument(
        "--least",
        choices=[str(level) for level in Severity],
        default=Severity.LOW,
        metavar="LEVEL",
        help="tell what weighs at least so much",
    )
    parser.add_argument("--rules", metavar="FILE|DIR", action="append", default=[], type=Path, help="your Sigma rules")
    parser.add_argument(
        "--user", metavar="NAME", help="become this user before the server is looked at (Linux, as root)"
    )
    parser.add_argument("--service", action="store_true", help="run as the service of Windows it was started as")
    _settings.arguments(parser)
    parser.add_argument(
        "--baseline", metavar="FILE", help="trust what this baseline approves, as far as it is the same"
    )
    _sides.key_argument(parser)
    _look.arguments(parser)
    parser.set_defaults(time=None, since=None, until=None, host=[], channel=[], no_prefilter=False)


def run(parsed: argparse.Namespace) -> int:
    """Watch until told to stop."""
    if parsed.service:
        return _serve(parsed)
    from iisight.watch.signals import run_until_signal

    return run_until_signal(lambda running: _watch(parsed, running))


def _serve(parsed: argparse.Namespace) -> int:
    if any(text == "-" or text.startswith("-?") for text in parsed.to):
        raise UsageError("--service: a service has no standard output that `--to -` could mean")
    if sys.platform == "win32":
        from iisight.watch.service import run_as_service

        status = run_as_service(lambda running: _watch(parsed, running))
        if status is not None:
            return status
    raise UsageError("--service: this process was not started by the service manager of Windows")


def _watch(parsed: argparse.Namespace, running: Running) -> int:
    import gc

    from iisight.watch import rights
    from iisight.watch.run import Ends, watch

    plan, rules = plan_of(parsed)
    try:
        if parsed.user:
            rights.become(parsed.user)
        rights.give_up()
    except rights.RightsError as error:
        raise UsageError(str(error)) from error
    sinks = [sink_of(text) for text in parsed.to or ["eventlog:" if parsed.service else "-"]]
    gc.freeze()  # what is there by now stays
    feeds = parsed.events or ([EVENT_LOGS] if plan.evidence is None else [])
    ends = Ends(tuple(feeds), sinks, Severity(parsed.least))
    watch(plan, rules, ends, running, lambda: plan_of(parsed))
    return CLEAN


def plan_of(parsed: argparse.Namespace) -> tuple[Plan, tuple[Rule, ...]]:
    """Return what is looked at and with what, read anew from the files that options name. Raises UsageError."""
    evidence = Path(parsed.evidence) if parsed.evidence else None
    asked = _hunt.ask(parsed)
    rules = all_rules()
    known = [info.id for info in (*(rule.info for rule in rules), *infos(asked.rules))]
    settings = _settings.settings(parsed, [] if evidence is None else [evidence], known)
    if parsed.baseline:
        approved = approvals(_sides.baseline(parsed.baseline, _sides.key_of(parsed)))
        settings = replace(settings, approved=approved)
    state = _state(parsed, evidence)
    host = parsed.name or (computer_name(os.environ) if evidence is None else evidence.resolve().name)
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
    return base / "iisight" / ("this-host" if evidence is None else _folder_name(evidence.resolve()))


def _folder_name(evidence: Path) -> str:
    """Return what to call the state of a server: two servers' folders may both be called `C`."""
    digest = hashlib.sha256(os.fsencode(evidence)).hexdigest()[:8]
    return f"{evidence.name or 'root'}-{digest}"
