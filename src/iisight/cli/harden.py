"""`iisight harden EVIDENCE`."""

import argparse
from pathlib import Path

from iisight.cli import _folder, _live, _look, _options, _settings
from iisight.cli._output import is_terminal, output, width_of
from iisight.cli.main import CLEAN, FOUND, INCOMPLETE
from iisight.engine.harden import hardened
from iisight.inventory.protection.windows_acls import WindowsAcls
from iisight.model.posture import Answer, Posture


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "evidence",
        nargs="?",
        metavar="EVIDENCE",
        help="as for scan, with exports of rights beside it; on Windows this host when none is given",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.add_argument("--output", "-o", metavar="FILE", help="write there instead of to the terminal")
    parser.add_argument("--all", action="store_true", help="text: leave nothing out, what passes included")
    parser.add_argument(
        "--write",
        metavar="DIR",
        type=Path,
        help="write policies and scripts that answer the checks into a new or empty folder, for review; none is run",
    )
    _settings.file_argument(parser)
    parser.add_argument("--time", metavar="ISO8601", help="time to write into the report; without it there is none")
    _look.arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress on the terminal")


def run(parsed: argparse.Namespace) -> int:
    """Check and report."""
    evidence = [Path(parsed.evidence)] if parsed.evidence else []
    _live.check(evidence)
    settings = _settings.settings_file(parsed, evidence or [Path()])  # on the audited machine itself only --config
    look, time = _look.look(parsed), _options.iso_time("--time", parsed.time)
    acls = None if evidence else _of_this_host()
    target = None if parsed.write is None else _folder.checked("--write", parsed.write, *evidence)
    with _options.progress(parsed.quiet) as progress:
        host = _live.opened(evidence, progress)
        checked, posture = hardened(
            host.source, settings, machine=host.machine, acls=acls, progress=progress, time=time, look=look
        )
        if target is not None:
            from iisight.engine.remedies import remedies_of
            from iisight.report.policies import write_policies

            remedies = remedies_of(checked, posture, host.source, settings, look)
            _folder.fill(target, {file.name: file.data for file in write_policies(remedies)})
    with output(parsed.output, *evidence, is_text=parsed.format == "text") as stream:
        if parsed.format == "json":
            from iisight.report.json import to_json

            stream.write(to_json(posture).decode("utf-8"))
        else:
            from iisight.report.posture import write

            write(posture, stream, width=width_of(stream), color=is_terminal(stream), everything=parsed.all)
    return status(posture)


def _of_this_host() -> WindowsAcls:
    from iisight.evidence.host.privileges import enable

    enable("SeSecurityPrivilege")  # to read SACLs; an account that does not hold it gets none
    return WindowsAcls()


def status(posture: Posture) -> int:
    """Return the exit status: a fail, else something unknown, else clean."""
    answers = {check.answer for check in posture.checks}
    if Answer.FAIL in answers:
        return FOUND
    return INCOMPLETE if Answer.UNKNOWN in answers or not answers else CLEAN
