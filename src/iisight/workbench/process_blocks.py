r"""Worker processes written in a rule's page: `process <pool>`, then the paths of what it has loaded, one a line.

It has loaded the native modules of the stock server as well; a line that starts with `- ` takes one of them away.
`?` alone stands for a process that cannot be looked into.
"""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.process import HostProcess
from iisight.workbench import stock
from iisight.workbench.pages import Block

W3WP = r"C:\Windows\System32\inetsrv\w3wp.exe"
FIRST = 4000  # id of the first process


def processes_of(blocks: Iterable[Block]) -> tuple[HostProcess, ...] | None:
    """Return the worker processes of a case; None when it has no such block: nothing is known of any."""
    written = [block for block in blocks if block.action == "process"]
    return tuple(_process(block, FIRST + number) for number, block in enumerate(written)) if written else None


def _process(block: Block, pid: int) -> HostProcess:
    command = f'{W3WP} -ap "{block.argument}" -v "v4.0" -l "webengine4.dll"'
    lines = [line.strip() for line in block.body.splitlines() if line.strip()]
    if lines == ["?"]:
        return HostProcess(pid, W3WP, command, block.argument, None, "what it has loaded: access denied")
    variables = paths.default_variables()
    modules = {paths.expand(row["image"], variables) for row in stock.native_modules()}
    modules |= {W3WP, r"C:\Windows\System32\ntdll.dll", *(line for line in lines if not line.startswith("- "))}
    gone = {paths.fold(line[2:]) for line in lines if line.startswith("- ")}
    kept = sorted(module for module in modules if paths.fold(module) not in gone)
    return HostProcess(pid, W3WP, command, block.argument, tuple(kept))
