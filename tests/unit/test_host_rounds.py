"""What belongs to a web server on a live machine is found from its configuration outwards."""

import sys
from collections.abc import Iterable, Iterator

import pytest

from iisight.engine.host import base_roots, host_roots, read_host
from iisight.engine.live import ask, open_live, this_host
from iisight.engine.scan import scan
from iisight.engine.settings import Settings
from iisight.evidence.host import MemoryDisk
from iisight.evidence.host.processes import pool_of, worker_processes
from iisight.evidence.host.system import to_text
from iisight.evidence.memory import memory_source
from iisight.examine.look import Look
from iisight.inventory.collect import registered
from iisight.inventory.machine import Machine
from iisight.inventory.registry import find_registry
from iisight.model.component import ImageState, Kind
from iisight.model.coverage import GapKind
from iisight.model.errors import UsageError
from iisight.model.process import HostProcess
from iisight.parsers.registry import MemoryRegistry
from iisight.workbench import stock
from tests.builders.servers import APPHOST, apphost, web_config

SITES = (
    '<site name="S" id="1"><application path="/" applicationPool="P64">'
    '<virtualDirectory path="/" physicalPath="%SITES%\\shop" /></application></site>'
)
MODULE = '<globalModules><add name="Acme" image="C:\\Acme\\acme.dll" /></globalModules>'
HANDLER = web_config('<handlers><add name="h" path="*.x" verb="*" scriptProcessor="E:\\run\\x.dll" /></handlers>')
FILES: dict[str, bytes | str] = {
    APPHOST: apphost(MODULE, sites=SITES),
    "D:\\Sites\\shop\\web.config": HANDLER,
    "D:\\Sites\\shop\\bin\\shop.dll": b"MZ",
    "D:\\Sites\\other\\web.config": HANDLER,
    "C:\\Acme\\acme.dll": b"MZ",
    "C:\\Acme\\helper.dll": b"MZ",
    "C:\\Acme\\deep\\other.dll": b"MZ",
    "E:\\run\\x.dll": b"MZ",
    "C:\\Windows\\System32\\other.dll": b"MZ",
    "C:\\Windows\\System32\\winevt\\Logs\\Security.evtx": b"x",
    "C:\\Temp\\loaded.dll": b"MZ",
    "C:\\Temp\\quiet.dll": b"MZ",
}
W3WP = "C:\\Windows\\System32\\inetsrv\\w3wp.exe"


class Recorded:
    """Processes as they were recorded from a machine."""

    def __init__(self, *processes: HostProcess, denied: Iterable[int] = ()) -> None:
        self._processes = {p.pid: p for p in processes}
        self._denied = frozenset(denied)

    def running(self) -> Iterator[tuple[int, str]]:
        yield 4, "System"
        yield from ((p.pid, p.image.rpartition("\\")[2]) for p in reversed(self._processes.values()))

    def image(self, pid: int) -> str:
        return self._processes[pid].image

    def command_line(self, pid: int) -> str:
        return self._processes[pid].command_line

    def modules(self, pid: int) -> tuple[str, ...]:
        if pid in self._denied:
            raise PermissionError(13, "no")
        return self._processes[pid].modules or ()


def test_a_server_leads_to_its_content_and_that_to_what_it_names() -> None:
    machine = Machine(variables={"SITES": "D:\\Sites"})
    source = read_host(MemoryDisk(FILES), "WEB1", machine)
    assert [file.path for file in source.below("")] == [
        "C:\\Acme\\acme.dll",
        "C:\\Acme\\helper.dll",
        APPHOST,
        "C:\\Windows\\System32\\winevt\\Logs\\Security.evtx",
        "D:\\Sites\\shop\\bin\\shop.dll",
        "D:\\Sites\\shop\\web.config",
        "E:\\run\\x.dll",
    ]
    assert source.gaps == ()


def test_what_a_worker_process_has_loaded_from_elsewhere_is_read() -> None:
    process = HostProcess(9, W3WP, modules=("C:\\Temp\\loaded.dll", "C:\\Windows\\System32\\other.dll"))
    source = read_host(MemoryDisk(FILES), "WEB1", Machine(processes=(process,)))
    assert source.find("C:\\Temp\\loaded.dll") is not None
    assert source.find("C:\\Temp\\quiet.dll") is None
    assert source.find("C:\\Windows\\System32\\other.dll") is None


def test_a_redirected_configuration_is_followed() -> None:
    redirection = '<configuration><configurationRedirection enabled="true" path="D:\\shared" /></configuration>'
    files: dict[str, bytes | str] = {
        APPHOST: apphost(),
        APPHOST.replace("applicationHost", "redirection"): redirection,
        "D:\\shared\\applicationHost.config": FILES[APPHOST],
        "C:\\Acme\\acme.dll": b"MZ",
    }
    source = read_host(MemoryDisk(files), "WEB1", Machine())
    assert source.find("D:\\shared\\applicationHost.config") is not None
    assert source.find("C:\\Acme\\acme.dll") is not None


def test_roots_of_an_inventory_name_content_images_and_their_twins() -> None:
    inventory = registered(memory_source(FILES), Machine(variables={"SITES": "D:\\Sites"}))
    assert host_roots(inventory) == (
        "C:\\Acme\\*",
        "C:\\Acme\\acme.dll",
        "C:\\Windows\\System32\\inetsrv\\config",
        "D:\\Sites\\shop",
        "D:\\Sites\\shop\\bin\\*",
        "D:\\Sites\\shop\\bin\\shop.dll",
        "E:\\run\\*",
        "E:\\run\\x.dll",
    )


def test_no_configuration_chooses_other_folders_by_a_pattern() -> None:
    sites = SITES.replace("%SITES%\\shop", "C:\\Users\\*\\Documents")
    assert host_roots(registered(memory_source({APPHOST: apphost(sites=sites)}))) == (
        "C:\\Windows\\System32\\inetsrv\\config",
    )


def test_base_roots_are_on_the_drive_of_the_machine() -> None:
    roots = base_roots({"SystemDrive": "D:"})
    assert "D:\\Windows\\System32\\inetsrv" in roots
    assert "D:\\Windows\\System32\\winevt\\Logs\\Microsoft-IIS-Configuration%4Operational.evtx" in roots
    assert all(root.startswith("D:\\") for root in roots)


def test_an_image_that_is_not_there_is_missing_on_a_live_machine() -> None:
    files = {path: body for path, body in FILES.items() if not path.startswith("C:\\Acme")}
    host = open_live(MemoryDisk(files), Machine(), "WEB1", is_administrator=True)
    report = scan(host.source, Settings(), machine=host.machine, look=Look(workers=0))
    (module,) = (j.component for j in report.components if j.component.kind is Kind.NATIVE_MODULE)
    assert module.image_state is ImageState.MISSING


def test_worker_processes_are_told_with_their_pool_in_the_order_of_their_ids() -> None:
    one = HostProcess(9, W3WP, f'{W3WP} -ap "Shop" -v "v4.0"', modules=("C:\\b.dll", "C:\\A.dll", "C:\\b.dll"))
    two = HostProcess(7, W3WP, "", modules=())
    other = HostProcess(5, "C:\\Windows\\explorer.exe")
    assert worker_processes(Recorded(one, two, other, denied=[7])) == (
        HostProcess(7, W3WP, problem="what it has loaded: access denied"),
        HostProcess(9, W3WP, one.command_line, "Shop", ("C:\\A.dll", "C:\\b.dll")),
    )


def test_a_pool_is_read_from_the_command_line_alone() -> None:
    given = ('w3wp.exe -ap "My Pool" -v "v4.0"', "w3wp.exe -v x -ap Shop", "w3wp.exe")
    assert [pool_of(line) for line in given] == ["My Pool", "Shop", ""]


def test_a_machine_gives_its_services_variables_and_none_of_this_user() -> None:
    key = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
    registry = MemoryRegistry({key: {"SITES": r"%SystemDrive%\Sites", "windir": "X:\\"}})
    environment = {
        "SYSTEMDRIVE": "D:",
        "WinDir": "D:\\Windows",
        "ProgramFiles": "D:\\Program Files (x86)",
        "ProgramW6432": "D:\\Program Files",
        "SITES": "C:\\mine",
        "TEMP": "C:\\mine",
    }
    machine = ask(registry, Recorded(), environment)
    found = {n: machine.variables[n] for n in ("SITES", "windir", "SystemDrive", "ProgramFiles", "TEMP")}
    assert found == {
        "SITES": "D:\\Sites",
        "windir": "D:\\Windows",
        "SystemDrive": "D:",
        "ProgramFiles": "D:\\Program Files",
        "TEMP": "D:\\Windows\\Temp",
    }
    assert (machine.processes, machine.gaps) == ((), ())


def test_a_process_that_cannot_be_looked_into_is_a_gap() -> None:
    machine = ask(MemoryRegistry({}), Recorded(HostProcess(9, W3WP), denied=[9]), {})
    (gap,) = machine.gaps
    assert (gap.kind, gap.subject) == (GapKind.UNREADABLE, f"process 9 ({W3WP})")


def test_a_live_stock_server_is_told_like_a_copy_of_it() -> None:
    files = dict(stock.stock_files())
    found = find_registry(memory_source(files), [])
    assert found is not None
    host = open_live(MemoryDisk(files), Machine(found[1]), "WEB1", is_administrator=True)
    live = scan(host.source, look=Look(workers=0), machine=host.machine)
    copy = scan(memory_source(files, "WEB1"), look=Look(workers=0))
    assert (live.findings, live.gaps) == (copy.findings, copy.gaps)
    said = [[(j.component.id, j.verdict, j.reasons) for j in report.components] for report in (live, copy)]
    assert said[0] == said[1]


def test_a_command_line_is_the_text_behind_its_header() -> None:
    text = "w3wp.exe -ap x".encode("utf-16-le")
    header = len(text).to_bytes(2, "little") + (len(text) + 2).to_bytes(2, "little") + bytes(12)
    assert to_text(header + text + b"\0\0rest", 8) == "w3wp.exe -ap x"
    assert to_text(header[:4] + bytes(4) + text, 4) == "w3wp.exe -ap x"


@pytest.mark.skipif(sys.platform == "win32", reason="there is a host to be read")
def test_where_no_windows_runs_it_is_said_what_to_name_instead() -> None:
    with pytest.raises(UsageError, match=r"a copy of the server, a ZIP or tar archive .* mounted disk image"):
        this_host()
