"""The worker processes of a live machine: what runs, for which pool, and what each has loaded."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from iisight.evidence import paths
from iisight.evidence.host.disk import why
from iisight.model.process import HostProcess

T = TypeVar("T")

WORKERS = frozenset({"w3wp.exe", "iisexpress.exe"})
MAX_PROCESSES = 4_096  # worker processes that are looked into
MAX_MODULES = 20_000  # of one process; a large application has about a thousand
_POOL = re.compile(r'\s-ap\s+(?:"([^"]*)"|(\S+))')  # `w3wp.exe -ap "DefaultAppPool" -v "v4.0" …`


class Processes(Protocol):
    """What the system tells of its processes; all but `running` raise OSError."""

    def running(self) -> Iterable[tuple[int, str]]:
        """Return the ids and program names (`w3wp.exe`) of what runs. Raises OSError."""
        ...

    def image(self, pid: int) -> str:
        """Return the path of a process's program."""
        ...

    def command_line(self, pid: int) -> str:
        """Return the command line of a process."""
        ...

    def modules(self, pid: int) -> Iterable[str]:
        """Return the paths of what a process has loaded."""
        ...


def worker_processes(processes: Processes) -> tuple[HostProcess, ...]:
    """Return the worker processes by id; raises OSError when not even their list can be had."""
    found = sorted((pid, name) for pid, name in processes.running() if paths.lower(name) in WORKERS)
    return tuple(_process(processes, pid, name) for pid, name in found[:MAX_PROCESSES])


def pool_of(command_line: str) -> str:
    """Return the application pool that a worker process was started for; empty when it does not say."""
    match = _POOL.search(command_line)
    return "" if match is None else match[1] or match[2] or ""


def _process(processes: Processes, pid: int, name: str) -> HostProcess:
    problems: list[str] = []
    image = _had(lambda: processes.image(pid), "its path", problems)
    command = _had(lambda: processes.command_line(pid), "its command line", problems)
    modules = _had(lambda: tuple(_bounded(processes.modules(pid))), "what it has loaded", problems)
    listed = None if modules is None else tuple(sorted(set(modules), key=lambda m: (paths.lower(m), m)))
    return HostProcess(pid, image or name, command or "", pool_of(command or ""), listed, "; ".join(problems))


def _had(ask: Callable[[], T], what: str, problems: list[str]) -> T | None:
    try:
        return ask()
    except OSError as error:
        problems.append(f"{what}: {why(error)}")
        return None


def _bounded(modules: Iterable[str]) -> Iterator[str]:
    for count, module in enumerate(modules):
        if count == MAX_MODULES:
            raise OSError(f"more than {MAX_MODULES:,} modules")
        yield paths.normal(module)
