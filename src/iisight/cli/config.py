"""`iisight config [EVIDENCE]`."""

import argparse
import sys
from pathlib import Path

from iisight.cli import _live, _options
from iisight.cli._output import is_terminal, output
from iisight.cli.main import CLEAN, INCOMPLETE
from iisight.engine.effective import effective
from iisight.inventory.collect import resolve
from iisight.inventory.expected import unresolved


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("evidence", nargs="?", metavar="EVIDENCE", help="as for scan")
    parser.add_argument("--site", default="", metavar="S", help="name of a site; without it: the server")
    parser.add_argument("--path", default="", metavar="P", help="application, folder or file below the site")
    parser.add_argument("--section", default="", metavar="X", help="`system.webServer/modules`, or just `modules`")
    parser.add_argument("--server", default="", metavar="N", help="when the evidence has several: `IIS Express`, …")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.add_argument("--output", "-o", metavar="FILE", help="write there instead of to the terminal")


def run(parsed: argparse.Namespace) -> int:
    """Resolve and print."""
    evidence = [Path(parsed.evidence)] if parsed.evidence else []
    with _options.progress(quiet=False) as progress:
        host = _live.opened(evidence, progress)
        inventory = resolve(host.source, progress, host.machine)
    view = effective(inventory, parsed.server, parsed.site, parsed.path, parsed.section)
    with output(parsed.output, *evidence, is_text=parsed.format == "text") as stream:
        if parsed.format == "json":
            from iisight.report.json import to_json

            stream.write(to_json(view).decode("utf-8"))
        else:
            from iisight.report.effective import write

            write(view, stream, color=is_terminal(stream))
    gaps = (*inventory.gaps, *unresolved(inventory.servers))
    if gaps:
        text = f"{sum(gap.count for gap in gaps)} things of the evidence could not be read: `iisight scan` names them"
        print(f"iisight: {text}", file=sys.stderr)  # noqa: T201
    return INCOMPLETE if gaps else CLEAN
