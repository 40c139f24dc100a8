"""`iisight scan` of this Windows, from its configuration to the exit status."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from iisight.model.component import ImageState
from iisight.model.coverage import GapKind
from iisight.model.report import Report
from iisight.report.json import decode
from iisight.workbench import stock, stock_registry
from iisight.workbench.pe import PeSpec, build
from tests.windows.keys import written

INETSRV = Path("C:\\Windows\\System32\\inetsrv")
DLL = Path("C:\\ProgramData\\Update\\upd.dll")


@pytest.fixture(scope="module")
def _server() -> Iterator[None]:
    """A stock server with its files at their places, but for those that this Windows itself has."""
    if INETSRV.exists() and any(INETSRV.glob("config/*")):
        pytest.skip("this Windows has a web server of its own")
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
    _put({str(DLL): build(PeSpec(exports=("RegisterModule",)))})
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


@pytest.mark.usefixtures("_server", "_module")
def test_a_settings_file_of_the_audited_machine_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "iisight.toml").write_text('[[ignore]]\nrule = "*"\nreason = "x"\n')
    assert scanned(tmp_path)[0] == 1


@pytest.mark.usefixtures("_server")
def test_the_configuration_of_this_machine_is_printed(tmp_path: Path) -> None:
    done = iisight("config", "--section", "globalModules", cwd=tmp_path)
    assert b"HttpLoggingModule" in done.stdout
