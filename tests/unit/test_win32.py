"""The DLLs of Windows where there are none: all that calls them imports, and says so."""

import sys

import pytest

from iisight.evidence.host import privileges
from iisight.evidence.host.system import WindowsProcesses, is_administrator
from iisight.evidence.host.windows import WindowsDisk
from iisight.inventory.protection.windows_acls import read_sddl
from iisight.model.errors import EvidenceError
from iisight.watch.feeds import wevtapi
from iisight.watch.feeds.event_logs import ApiError
from iisight.watch.notice.directories import Directories
from iisight.watch.service import run_as_service
from iisight.watch.sinks.eventlog import WindowsEventLog
from iisight.win32 import code_of, library, open_path, verbatim

ELSEWHERE = pytest.mark.skipif(sys.platform == "win32", reason="tests/windows has those for Windows")

NO_WINDOWS = "this is no Windows"


@ELSEWHERE
def test_every_call_is_an_error() -> None:
    for call in (
        lambda: library("kernel32"),
        lambda: open_path("C:\\", 0),
        WindowsProcesses,
        is_administrator,
        Directories,
        lambda: privileges.remove(()),
        lambda: run_as_service(lambda running: 0),
        lambda: WindowsEventLog("iisight").report(1, 1, ("text",)),
    ):
        with pytest.raises(OSError, match=NO_WINDOWS) as told:
            call()
        assert code_of(told.value) == 0


@ELSEWHERE
def test_who_has_an_error_of_his_own_raises_that() -> None:
    with pytest.raises(ApiError, match=NO_WINDOWS):
        wevtapi.Windows()
    with pytest.raises(EvidenceError, match=NO_WINDOWS):
        WindowsDisk().open("C:\\x")


@ELSEWHERE
def test_what_may_be_unknown_is_unknown() -> None:
    assert read_sddl("C:\\", 1, 1) is None
    assert privileges.enable("SeDebugPrivilege") == ("SeDebugPrivilege",)


@pytest.mark.parametrize(
    ("path", "literal"),
    [
        ("C:\\x\\web.config.", "\\\\?\\C:\\x\\web.config."),
        ("C:\\", "\\\\?\\C:\\"),
        ("\\\\server\\share\\x", "\\\\?\\UNC\\server\\share\\x"),
        ("\\\\?\\C:\\x", "\\\\?\\C:\\x"),
        ("\\\\.\\pipe\\x", "\\\\.\\pipe\\x"),
        ("C:x", "C:x"),
        ("x\\y", "x\\y"),
    ],
)
def test_an_absolute_path_is_taken_literally(path: str, literal: str) -> None:
    assert verbatim(path) == literal
