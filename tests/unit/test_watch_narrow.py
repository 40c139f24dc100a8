"""A change looked at where it happened, over real files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from iisight.engine.registry import all_rules
from iisight.engine.settings import Settings
from iisight.evidence.folder import look_again, open_folder
from iisight.evidence.source import File
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.inventory.collect import collect
from iisight.model.comparison import Topic
from iisight.watch import state
from iisight.watch.memory import Remembered
from iisight.watch.narrow import MAX_CONFIG, MAX_HOST, Means, Narrow
from iisight.watch.outline import outline_of
from iisight.workbench import images, pe, signing, stock

UNTRUSTING = Look(workers=0)


class Server:
    """The stock server in a folder, and a narrow look at it."""

    def __init__(self, folder: Path, look: Look = UNTRUSTING, more: Mapping[str, bytes] | None = None) -> None:
        self.root = folder / "server"
        for path, data in {**stock.stock_files(), **(more or {})}.items():
            self.at(path).parent.mkdir(parents=True, exist_ok=True)
            self.at(path).write_bytes(data)
        self.host = self.at(stock.APPHOST)
        source = open_folder(self.root)
        means = Means(look, Settings(), all_rules(), Remembered(state.open_state(folder / "state").connection))
        self.narrow = Narrow(source, outline_of(collect(source, look=look)), means)

    def at(self, path: str) -> Path:
        return self.root / path.replace(":", "").replace("\\", "/")

    def changed(self) -> dict[str, File | None]:
        return look_again(self.narrow.source, [self.host])


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_a_module_that_is_registered_is_told(server: Server) -> None:
    text = server.host.read_bytes()
    server.host.write_bytes(
        text.replace(b"<globalModules>", b'<globalModules><add name="Evil" image="C:\\evil.dll" />')
    )
    turned = server.narrow.turn(server.changed())
    assert turned is not None
    assert any("native-module 'Evil' is there" in change.what for change in turned.comparison.changes)


@pytest.mark.parametrize("size", [0, MAX_HOST + 1], ids=["gone when it is read", "too large"])
def test_of_a_configuration_that_cannot_be_read_nothing_is_told_here(server: Server, size: int) -> None:
    text = server.host.read_bytes()
    server.host.write_bytes(text + b" " * max(size, 1))
    changed = server.changed()
    if not size:
        server.host.unlink()
    assert server.narrow.turn(changed) is None
    server.host.write_bytes(text)
    assert server.narrow.turn(server.changed()) is None  # what it was is not known: a look at everything tells
    server.host.write_bytes(text + b"\n")
    turned = server.narrow.turn(server.changed())
    assert turned is not None
    assert [c for c in turned.comparison.changes if c.topic is not Topic.COVERAGE] == []


def test_a_file_of_an_update_is_judged_by_the_catalogue_that_came_before_it(tmp_path: Path) -> None:
    """The catalogue comes with the first file: the second must not look unsigned until everything was looked at."""
    look = Look(Setup(roots=signing.test_roots(), microsoft=signing.test_thumbprints()), workers=0)
    first, second = (f"C:\\Windows\\System32\\inetsrv\\{name}" for name in ("cachuri.dll", "loghttp.dll"))
    new = {
        path: pe.build(
            replace(stock.microsoft(path.rpartition("\\")[2], "x64", ("RegisterModule",)), file_version="2.0")
        )
        for path in (first, second)
    }
    server = Server(tmp_path, look, {images.STOCK_CATALOGUE: images.stock_catalogue()})
    for files in (
        {images.PAGE_CATALOGUE: images.write_catalogue(new.values()), first: new[first]},
        {second: new[second]},
    ):
        for path, data in files.items():
            server.at(path).write_bytes(data)
        turned = server.narrow.turn(look_again(server.narrow.source, map(server.at, files)))
        assert turned is not None
        said = [c.what for c in turned.comparison.changes if c.topic is not Topic.COVERAGE]
        assert any(path in text for path in files for text in said)
        assert not [text for text in said if "IIS212" in text or "not signed" in text]


def test_a_web_config_that_is_too_large_for_iis_keeps_no_other_change_from_being_told(tmp_path: Path) -> None:
    folder = "C:\\inetpub\\wwwroot\\"
    large = f"<configuration><!--{'x' * MAX_CONFIG}--></configuration>".encode()
    server = Server(tmp_path, more={f"{folder}x\\web.config": large, f"{folder}bin\\a.dll": b""})
    dropped = server.at(f"{folder}bin\\b.dll")
    dropped.write_bytes(stock.stock_files()["C:\\Windows\\System32\\inetsrv\\loghttp.dll"])
    turned = server.narrow.turn(look_again(server.narrow.source, [dropped]))
    assert turned is not None
    assert any("b.dll" in change.what for change in turned.comparison.changes)
    server.at(f"{folder}x\\web.config").write_bytes(b"<configuration />")
    assert server.narrow.turn(look_again(server.narrow.source, [server.at(f"{folder}x\\web.config")])) is None
