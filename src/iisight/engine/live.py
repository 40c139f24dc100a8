"""The Windows this runs on, as evidence: its files, its registry, its worker processes. Imports everywhere."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from iisight.engine.host import machine_variables, read_host
from iisight.evidence import paths
from iisight.evidence.host import Disk
from iisight.evidence.host.disk import why
from iisight.evidence.host.processes import Processes, worker_processes
from iisight.evidence.source import Source
from iisight.inventory.machine import Machine
from iisight.inventory.mechanisms.environment import MACHINE
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import ParseError, UsageError
from iisight.model.progress import Progress
from iisight.model.registry import Registry

_OF_WINDOWS = frozenset(name.lower() for name in paths.default_variables()) - {"temp", "tmp"}
_PRIVILEGES = ("SeBackupPrivilege", "SeDebugPrivilege")  # to read what access lists keep from administrators
_ALTERNATIVES = (
    "no EVIDENCE given, and this is no Windows to be read itself. Name a folder with a copy of the server, a ZIP or tar"
    " archive of one, the root of a mounted disk image, or one configuration file: `iisight scan PATH`;"
    " `iisight watch` takes a folder"
)


@dataclass(frozen=True, slots=True)
class Host:
    """A live machine, ready to be scanned."""

    source: Source
    machine: Machine


def check_here() -> None:
    """Raise UsageError, with what else there is, where no Windows runs."""
    if sys.platform != "win32":
        raise UsageError(_ALTERNATIVES)


def this_host(progress: Progress | None = None) -> Host:
    """Return the machine this runs on. Raises UsageError where that is no Windows."""
    check_here()
    from iisight.evidence.host.privileges import enable
    from iisight.evidence.host.system import WindowsProcesses, is_administrator
    from iisight.evidence.host.windows import WindowsDisk
    from iisight.parsers.registry import LiveRegistry

    enable(*_PRIVILEGES)
    machine = ask(LiveRegistry(), WindowsProcesses(), os.environ)
    return open_live(
        WindowsDisk(), machine, computer_name(os.environ), is_administrator=is_administrator(), progress=progress
    )


def open_live(
    disk: Disk, machine: Machine, name: str, *, is_administrator: bool, progress: Progress | None = None
) -> Host:
    """Return a machine that was asked, with the files that belong to its web server."""
    source = read_host(disk, name, machine, is_administrator=is_administrator, progress=progress)
    return Host(source, machine)


def ask(registry: Registry, processes: Processes, environment: Mapping[str, str]) -> Machine:
    """Return what a machine says of itself beside its files."""
    gaps: list[Gap] = []
    try:
        found = worker_processes(processes)
        gaps += [Gap(GapKind.UNREADABLE, f"process {p.pid} ({p.image})", p.problem) for p in found if p.problem]
    except OSError as error:
        found = None
        gaps.append(Gap(GapKind.UNREADABLE, "processes", why(error)))
    variables = variables_of(registry, environment, gaps)
    return Machine(registry, variables, found, tuple(gaps))


def variables_of(registry: Registry, environment: Mapping[str, str], gaps: list[Gap]) -> dict[str, str]:
    """Return a machine's variables: those of Windows as this process has them, all others as services are given them.

    What a user sets for himself says nothing of a web server. A 32-bit process has another `ProgramFiles`.
    """
    found = {name: value for name, value in environment.items() if name.lower() in _OF_WINDOWS}
    for variable, native_one in (("ProgramFiles", "ProgramW6432"), ("CommonProgramFiles", "CommonProgramW6432")):
        of_64_bits = next((value for name, value in found.items() if name.lower() == native_one.lower()), None)
        if of_64_bits:
            found = {n: v for n, v in found.items() if n.lower() != variable.lower()} | {variable: of_64_bits}
    known = {name: paths.expand(value, found) for name, value in machine_variables(found).items()}
    try:
        key = registry.key(MACHINE)
    except ParseError as error:
        gaps.append(Gap(GapKind.UNREADABLE, MACHINE, error.message))
        key = None
    values = () if key is None else key.values
    texts = {v.name: v.data for v in values if isinstance(v.data, str) and v.name.lower() not in _OF_WINDOWS}
    return known | {name: paths.expand(text, {**texts, **known}) for name, text in texts.items()}


def computer_name(environment: Mapping[str, str]) -> str:
    """Return what the report calls this machine."""
    import socket

    return environment.get("COMPUTERNAME") or socket.gethostname()
