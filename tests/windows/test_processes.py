"""The processes of this Windows; ours stands for a worker process."""

import os
import sys

import pytest

from iisight.evidence.host.privileges import enable
from iisight.evidence.host.processes import Processes
from iisight.evidence.host.system import WindowsProcesses, is_administrator


@pytest.fixture
def processes() -> Processes:
    return WindowsProcesses()


def test_this_process_runs(processes: Processes) -> None:
    running = dict(processes.running())
    assert running[os.getpid()].lower() == "python.exe"


def test_this_process_has_a_path(processes: Processes) -> None:
    assert processes.image(os.getpid()).lower() == sys.executable.lower()


def test_this_process_has_a_command_line(processes: Processes) -> None:
    try:
        line = processes.command_line(os.getpid())
    except OSError as error:
        if f"{error}" != "status 0xc0000003":  # Wine 8 does not know ProcessCommandLineInformation
            raise
        pytest.skip("this is a Wine that does not tell command lines")
    assert "pytest" in line


def test_this_process_has_loaded_its_program_and_the_system(processes: Processes) -> None:
    modules = {module.lower() for module in processes.modules(os.getpid())}
    assert sys.executable.lower() in modules
    assert {"c:\\windows\\system32\\ntdll.dll", "c:\\windows\\system32\\kernel32.dll"} <= modules


def test_a_process_that_is_not_there_is_an_error(processes: Processes) -> None:
    for ask in (processes.image, processes.command_line, lambda pid: list(processes.modules(pid))):
        with pytest.raises(OSError, match=r"."):
            ask(0x7FFF_FFF0)


def test_rights_are_told() -> None:
    assert is_administrator() in {True, False}
    assert set(enable("SeDebugPrivilege", "SeNoSuchPrivilege")) >= {"SeNoSuchPrivilege"}
