"""`iisight explain ID`."""

import argparse

from iisight.cli.main import CLEAN
from iisight.engine.registry import find_rule


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("rule", metavar="ID", help="a rule's id or name: IIS101, native-code-outside-known-folders")


def run(parsed: argparse.Namespace) -> int:
    """Print the page."""
    print(find_rule(parsed.rule).page().rstrip())  # noqa: T201
    return CLEAN
