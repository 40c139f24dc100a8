"""`iisight scan` of this Windows, from its configuration to the exit status."""

import _ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from iisight.evidence.host.windows import WindowsDisk
from iisight.model.binary import Image
from iisight.model.component import ImageState, Kind
from iisight.model.coverage import GapKind
from iisight.model.registry import Data
from iisight.model.report import Report
from iisight.report.json import decode
from iisight.workbench import stock, stock_registry
from iisight.workbench.pe import PeSpec, build
from tests.builders.hosts import open_host
from tests.builders.noticing import IS_WINE
from tests.windows.keys import written
from tests.windows.tools import opened, worker_process

SERVICES = r"SYSTEM\CurrentControlSet\Services"
CLASS = "{11111111-2222-3333-4444-555555555555}"
INETSRV = Path("C:\\Windows\\System32\\inetsrv")
PAGES = Path("C:\\inetpub\\wwwroot\\web.config")
DLL = Path("C:\\ProgramData\\Update\\upd.dll")


@pytest.fixture(scope="module")
def _server() -> Iterator[None]:
    """A stock server with its files at their places, but for those that this Windows itself has."""
    if INETSRV.exists() and any(INETSRV.glob("config/*")):
        pytest.skip("this Windows has a web server of its own")
    DLL.unlink(missing_ok=True)
    made = _put(stock.stock_files())
    keys = {p.replace("ControlSet001", "CurrentControlSet"): v for p, v in stock_registry.stock_keys().items()}
    keys.pop(r"SYSTEM\Select")
    with written(keys):
        yield
    for path in made:
        path.unlink()


@pytest.fixture
def _module() -> Iterator[None]:
    """A native module in a folder that anybody may write, registered at the end of the stock ones."""
    host = Path(stock.APPHOST)
    before = host.read_bytes()
    row = f'<add name="Update" image="{DLL}" /></globalModules>'
    host.write_bytes(before.replace(b"</globalModules>", row.encode(), 1))
    _put({str(DLL): build(PeSpec(exports=("RegisterModule",), company="© Größe", file_version="1.0"))})
    yield
    host.write_bytes(before)
    DLL.unlink()


def _put(files: Mapping[str, bytes]) -> list[Path]:
    made: list[Path] = []
    for name, data in files.items():
        path = Path(name)
        if "\\System32\\config\\" not in name and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            made.append(path)
    return made


def iisight(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "iisight", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, timeout=300, check=False)


def scanned(cwd: Path, *arguments: str) -> tuple[int, Report]:
    done = iisight("scan", "--format", "json", "--quiet", *arguments, cwd=cwd)
    assert done.stdout, done.stderr.decode()
    return done.returncode, decode(done.stdout)


@pytest.mark.usefixtures("_server")
def test_a_stock_server_gives_no_finding_that_counts(tmp_path: Path) -> None:
    status, report = scanned(tmp_path)
    assert status == 3  # no catalogue of this made server can be trusted
    assert (report.evidence, report.findings) == (os.environ["COMPUTERNAME"], ())
    assert [site.name for site in report.sites] == list(stock.SITES)
    assert [(gap.subject, gap.kind) for gap in report.gaps] == [("C:\\Windows\\System32\\CatRoot", GapKind.MISSING)]


@pytest.mark.usefixtures("_server", "_module")
def test_a_module_in_a_writable_folder_is_found(tmp_path: Path) -> None:
    status, report = scanned(tmp_path)
    assert status == 1
    (module,) = (j.component for j in report.components if j.component.name == "Update")
    assert (module.image_state, module.image) == (ImageState.READ, str(DLL))
    assert module.binary is not None
    assert isinstance(module.binary.image, Image)
    assert module.binary.image.version is not None
    assert module.binary.image.version.company == "© Größe"  # UTF-8, whatever this Windows writes into a pipe


@pytest.mark.usefixtures("_server", "_module")
def test_a_settings_file_of_the_audited_machine_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "iisight.toml").write_text('[[ignore]]\nrule = "*"\nreason = "x"\n')
    assert scanned(tmp_path)[0] == 1


@pytest.mark.usefixtures("_server")
def test_the_configuration_of_this_machine_is_printed(tmp_path: Path) -> None:
    done = iisight("config", "--section", "globalModules", cwd=tmp_path)
    assert b"HttpLoggingModule" in done.stdout


@pytest.mark.usefixtures("_server", "_module")
def test_what_is_found_is_told_as_text(tmp_path: Path) -> None:
    done = iisight("scan", cwd=tmp_path)
    text = done.stdout.decode()
    assert done.returncode == 1, done.stderr.decode()
    assert os.environ["COMPUTERNAME"] in text
    assert "Update" in text
    assert "upd.dll" in text


@pytest.mark.usefixtures("_server")
def test_a_stock_server_is_told_as_text_with_what_was_not_read(tmp_path: Path) -> None:
    done = iisight("scan", cwd=tmp_path)
    assert done.returncode == 3, done.stderr.decode()
    assert "CatRoot" in done.stdout.decode()


@pytest.mark.usefixtures("_server")
def test_a_file_that_is_shared_with_nobody_is_a_gap(tmp_path: Path) -> None:
    with opened(PAGES, writes=True, shares=0):
        status, report = scanned(tmp_path)
    assert status == 3
    (gap,) = (gap for gap in report.gaps if gap.subject.lower() == str(PAGES).lower())
    assert gap.kind is GapKind.UNREADABLE
    assert gap.reason.endswith("in use by a process that lets nobody else read it")


@pytest.mark.usefixtures("_server")
def test_what_the_registry_has_loaded_into_the_services_is_found(tmp_path: Path) -> None:
    profiler = ("COR_ENABLE_PROFILING=1", f"COR_PROFILER={CLASS}")
    keys: dict[str, dict[str, Data]] = {
        rf"{SERVICES}\W3SVC": {"Environment": profiler},
        rf"{SERVICES}\WAS": {"Environment": profiler},
        rf"SOFTWARE\Classes\CLSID\{CLASS}\InprocServer32": {"": str(DLL)},
    }
    _put({str(DLL): build(PeSpec(exports=("DllGetClassObject",)))})
    with written(keys):
        status, report = scanned(tmp_path)
    DLL.unlink()
    found = [j.component for j in report.components if j.component.kind is Kind.ENVIRONMENT]
    assert status == 1
    assert {component.image for component in found} == {str(DLL)}
    assert {r.locator.path.rpartition("\\")[2] for c in found for r in c.registrations} >= {"W3SVC", "WAS"}


@pytest.mark.usefixtures("_server")
def test_what_a_worker_process_has_loaded_and_nobody_registered_is_found(tmp_path: Path) -> None:
    DLL.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_ctypes.__file__, DLL)
    with worker_process(tmp_path, DLL) as pid:
        _, report = scanned(tmp_path)
    DLL.unlink()
    (finding,) = (f for f in report.findings if f.rule == "IIS240" and str(DLL) in f.message)
    assert f"worker process {pid}" in finding.message
    gaps = [gap.reason for gap in report.gaps if gap.subject.startswith(f"process {pid} ")]
    assert gaps == (["its command line: status 0xc0000003"] if IS_WINE else [])


@pytest.mark.usefixtures("_server")
def test_a_channel_that_is_switched_off_fails_its_check(tmp_path: Path) -> None:
    channels = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WINEVT\Channels"
    with written({rf"{channels}\Microsoft-IIS-Configuration/Operational": {"Enabled": 0}}):
        done = iisight("harden", "--format", "json", cwd=tmp_path)
    (check,) = (c for c in json.loads(done.stdout)["checks"] if c["id"] == "IIS931")
    assert (done.returncode, check["answer"]) == (1, "fail")


@pytest.mark.usefixtures("_server")
def test_system32_is_not_its_32_bit_twin(tmp_path: Path) -> None:
    twins = [Path(f"C:\\Windows\\{folder}\\inetsrv\\twin.dll") for folder in ("System32", "SysWOW64")]
    made = _put({str(twin): build(PeSpec(exports=(name,))) for twin, name in zip(twins, ("A", "B"), strict=True)})
    source = open_host(WindowsDisk(), "WEB1", map(str, twins))
    read = {file.path: source.read(file) for file in source.below("")}
    assert read == {str(twin): twin.read_bytes() for twin in twins}
    assert len(set(read.values())) == 2
    for twin in made:
        twin.unlink()
