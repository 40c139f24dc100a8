"""`iisight`: parse the arguments, hand them to the command, turn errors into an exit status."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from iisight._version import __version__
from iisight.model.errors import IisightError

FOUND, WRONG, INCOMPLETE, CLEAN = 1, 2, 3, 0
_COMMANDS = ("scan", "hunt", "watch", "diff", "harden", "baseline", "config", "show", "rules", "explain")
_HELP = {
    "scan": "say what a server loads and which of it does not belong",
    "hunt": "say what event logs tell of changes to a web server, and by whom",
    "watch": "say what changes on a server the moment it does, and by whom",
    "diff": "say what changed on a server between two reports, a baseline and now, or two pieces of evidence",
    "harden": "check and score what a server does against T1505.004: M1026, M1038, M1045, M1047",
    "baseline": "keep a state that somebody signs off, and show one",
    "config": "print the configuration in force at one place, each line with its file and line",
    "show": "print a saved report again",
    "rules": "list the rules, start a new one, check their pages, write them for other tools",
    "explain": "print a rule's page",
}
_EPILOG = """exit status of scan, hunt and show:
  0  nothing found at or above --fail-on, and everything was read
  1  findings at or above --fail-on
  2  wrong usage, or the evidence cannot be opened
  3  nothing found, but not everything could be read
of diff: 1 something changed, 3 nothing did and one side could not be read in full
of harden: 0 every check passes, 1 one fails, 3 none fails and not all can be answered"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["--version"], ["-V"]):
        print(f"iisight {__version__}")  # noqa: T201
        return CLEAN
    if sys.stderr is None:  # closed by who started this: complaints and progress go nowhere
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  for the rest of the run
    gc.set_threshold(1_000_000, 50, 1000)  # a scan makes many small values that stay, and few cycles
    parsed = _parser(given).parse_args(given)
    if sys.stdout is None:
        if not getattr(parsed, "service", False):  # a service of Windows is given none, and needs none
            return _complain("standard output is closed")
        sys.stdout = sys.stderr
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
        return status
    except IisightError as error:
        return _complain(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN
    except KeyboardInterrupt:
        return _complain("interrupted")
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror}")
    except MemoryError:
        return _complain("out of memory")


def _complain(message: str) -> int:
    from iisight.report.safe import escape

    print(f"iisight: {escape(message)}", file=sys.stderr)  # noqa: T201
    return WRONG


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints show hostile text as text."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with status 2."""
        self.print_usage(sys.stderr)
        self.exit(_complain(message))


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; only the command that is meant is imported, to keep the start short."""
    parser = _Parser(
        prog="iisight",
        description="Says what code an IIS server loads, and which of it does not belong (ATT&CK T1505.004).",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"iisight {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    meant = next((a for a in given if not a.startswith("-")), "")
    for name in _COMMANDS:
        command = commands.add_parser(name, help=_HELP[name], description=_HELP[name])
        if name == meant:
            module = import_module(f"iisight.cli.{name}")
            module.arguments(command)
            command.set_defaults(run=module.run)
    return parser
