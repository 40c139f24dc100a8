"""Files of this Windows: open ones, locked ones, links, long paths, and the folders of roots."""

import os
import subprocess
from pathlib import Path

import pytest

from iisight.evidence.host.windows import WindowsDisk
from iisight.evidence.open import open_source
from iisight.evidence.source import Source
from iisight.model.coverage import GapKind
from iisight.model.errors import EvidenceError
from tests.builders.hosts import open_host
from tests.windows.tools import opened

READ, WRITE, DELETE = 1, 2, 4


def only(source: Source, path: Path) -> bytes:
    file = source.find(str(path))
    assert file is not None
    return source.read(file)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "bin").mkdir(parents=True)
    (folder / "web.config").write_bytes(b"<configuration/>")
    (folder / "bin" / "Größe.dll").write_bytes(b"MZ")
    return folder


def test_a_root_gives_its_files_with_true_paths_sizes_and_times(shop: Path) -> None:
    source = open_host(WindowsDisk(), "WEB1", [str(shop).upper()])
    files = list(source.below(""))
    assert [file.path.upper() for file in files] == [
        str(shop / "bin" / "Größe.dll").upper(),
        str(shop / "web.config").upper(),
    ]
    assert [file.size for file in files] == [2, 16]
    assert all(file.modified is not None and file.origin == "" for file in files)
    assert (only(source, shop / "web.config"), source.gaps) == (b"<configuration/>", ())


def test_a_file_that_others_write_is_read(shop: Path) -> None:
    with opened(shop / "web.config", writes=True, shares=READ | WRITE | DELETE):
        assert only(open_host(WindowsDisk(), "WEB1", [str(shop)]), shop / "web.config") == b"<configuration/>"


def test_a_file_that_nobody_may_share_is_told(shop: Path) -> None:
    source = open_host(WindowsDisk(), "WEB1", [str(shop)])
    with (
        opened(shop / "web.config", writes=True, shares=0),
        pytest.raises(EvidenceError, match="in use by a process that lets nobody else read it"),
    ):
        only(source, shop / "web.config")


def test_while_it_is_read_others_may_write_and_delete_it(shop: Path) -> None:
    source = open_host(WindowsDisk(), "WEB1", [str(shop)])
    file = source.find(str(shop / "web.config"))
    assert file is not None
    with source.open(file) as stream:
        (shop / "web.config").write_bytes(b"<other/>")
        (shop / "web.config").unlink()
        assert stream.read(3) in {b"<ot", b"<co"}


def test_a_file_that_has_gone_is_told(shop: Path) -> None:
    source = open_host(WindowsDisk(), "WEB1", [str(shop)])
    (shop / "web.config").unlink()
    with pytest.raises(EvidenceError):
        only(source, shop / "web.config")


def test_a_file_that_became_a_folder_is_not_opened(shop: Path) -> None:
    source = open_host(WindowsDisk(), "WEB1", [str(shop)])
    (shop / "web.config").unlink()
    (shop / "web.config").mkdir()
    with pytest.raises(EvidenceError, match="no longer a regular file"):
        only(source, shop / "web.config")


def test_paths_longer_than_260_characters_are_read(tmp_path: Path) -> None:
    folder = f"\\\\?\\{tmp_path}"
    for _ in range(4):
        folder += "\\" + "x" * 100
        os.mkdir(folder)  # noqa: PTH102  a Path would lose the prefix that makes it long
    with open(f"{folder}\\web.config", "wb") as stream:  # noqa: PTH123  as above
        stream.write(b"deep")
    (file,) = open_host(WindowsDisk(), "WEB1", [str(tmp_path)]).below("")
    source = open_host(WindowsDisk(), "WEB1", [str(tmp_path)])
    assert len(file.path) > 400
    assert source.read(file) == b"deep"


def test_a_root_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    source = open_host(WindowsDisk(), "WEB1", [str(tmp_path / "none"), "Q:\\none", str(tmp_path / "none" / "*")])
    assert (len(source), source.gaps) == (0, ())


def test_a_folder_link_is_followed_as_a_root_and_not_below_one(tmp_path: Path, shop: Path) -> None:
    if not junction(tmp_path / "link", shop):
        pytest.skip("no junctions here")
    below = open_host(WindowsDisk(), "WEB1", [str(tmp_path)])
    assert [(gap.kind, gap.reason) for gap in below.gaps] == [(GapKind.REFUSED, "a link, not followed")]
    assert len(below) == 2
    root = open_host(WindowsDisk(), "WEB1", [str(tmp_path / "link")])
    assert only(root, tmp_path / "link" / "web.config") == b"<configuration/>"


def test_evidence_is_named_with_either_separator(shop: Path) -> None:
    for text in (str(shop), shop.as_posix()):
        assert len(open_source(Path(text))) == 2


def junction(link: Path, target: Path) -> bool:
    done = subprocess.run(["cmd", "/c", "mklink", "/J", str(link), str(target)], capture_output=True, check=False)
    return done.returncode == 0 and link.exists()
