"""What rules about running worker processes share."""

from collections.abc import Iterator, Sequence

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.process import HostProcess

PROGRAM = "w3wp.exe"
_SHOWN = 3


def workers(inventory: Inventory) -> Iterator[HostProcess]:
    """Yield the worker processes of IIS that could be looked into; a developer's `iisexpress.exe` is none."""
    for process in inventory.processes or ():
        if process.modules and paths.lower(paths.basename(process.image)) == PROGRAM:
            yield process


def told(processes: Sequence[HostProcess]) -> str:
    """Return which processes these are: `worker process 4000 (Shop)`."""
    shown = ", ".join(f"{p.pid} ({p.pool})" if p.pool else str(p.pid) for p in processes[:_SHOWN])
    more = len(processes) - _SHOWN
    return f"worker process {shown}" + (f" and {more} more" if more > 0 else "")
