"""A change looked at where it happened, over real files."""

from pathlib import Path

import pytest

from iisight.engine.registry import all_rules
from iisight.engine.settings import Settings
from iisight.evidence.folder import look_again, open_folder
from iisight.evidence.source import File
from iisight.examine.look import Look
from iisight.inventory.collect import collect
from iisight.model.comparison import Topic
from iisight.watch import state
from iisight.watch.memory import Remembered
from iisight.watch.narrow import MAX_HOST, Means, Narrow
from iisight.watch.outline import outline_of
from iisight.workbench import stock


class Server:
    """The stock server in a folder, and a narrow look at it."""

    def __init__(self, folder: Path) -> None:
        root = folder / "server"
        for path, data in stock.stock_files().items():
            file = root / path.replace(":", "").replace("\\", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        self.host = root / stock.APPHOST.replace(":", "").replace("\\", "/")
        source, look = open_folder(root), Look(workers=0)
        means = Means(look, Settings(), all_rules(), Remembered(state.open_state(folder / "state").connection))
        self.narrow = Narrow(source, outline_of(collect(source, look=look)), means)

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
