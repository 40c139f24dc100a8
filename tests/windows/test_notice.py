"""Changes of files as Windows tells them (ReadDirectoryChangesW); more is in tests/unit/test_notices.py."""

import os
from pathlib import Path

import pytest

from iisight.watch.notice.directories import Directories
from iisight.watch.notice.filesystems import untold_here
from iisight.watch.notice.listing import list_folder, look
from iisight.win32 import verbatim
from tests.builders.noticing import Open, root, watch

__all__ = ["root", "watch"]

MANY = ["x" * 200 + str(index) for index in range(500)]  # the buffer, of 64 KiB, takes 150 of them


def test_a_single_file_is_watched_whatever_the_case_of_its_name(watch: Open, tmp_path: Path) -> None:
    told = watch(tmp_path / "APPLICATIONHOST.CONFIG", recursive=False)
    (tmp_path / "neighbour").write_text("1")
    (tmp_path / "applicationHost.config").write_text("1")
    told.until(lambda c: tmp_path / "applicationHost.config" in c.paths).until_quiet()
    assert tmp_path / "neighbour" not in told.paths


def test_more_than_the_buffer_takes_is_to_be_looked_at_again(root: Path) -> None:
    feed = Directories()
    feed.follow(str(root), deep=True)
    for name in MANY:
        (root / name).touch()
    overflow: set[str] = set()
    while (heard := feed.read(1.0)).paths or heard.overflow:
        overflow |= heard.overflow
    feed.close()
    assert overflow == {str(root)}


def test_when_more_happens_than_the_buffer_takes_nothing_goes_unnoticed(watch: Open, root: Path) -> None:
    told = watch(root, swept=True)
    files = [root / name for name in MANY]
    for file in files:
        file.touch()
    told.until(lambda c: all(c.has(file) for file in files))


def test_a_listing_says_of_a_file_what_a_look_at_it_says(root: Path) -> None:
    listed = {entry.name: entry for entry in list_folder(str(root))}
    assert listed == {name: look(str(root / name)) for name in ("bin", "web.config")}
    assert [entry.name for entry in listed.values() if entry.is_folder] == ["bin"]


def test_a_listing_of_many_files_is_complete(root: Path) -> None:
    names = {f"{'long name ' * 10}{index}" for index in range(1_000)}
    for name in names:
        (root / "bin" / name).touch()
    assert {entry.name for entry in list_folder(str(root / "bin"))} == names


def test_a_folder_that_is_not_there_cannot_be_listed(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(list_folder(str(root / "none")))


def test_shares_are_known_by_their_names() -> None:
    untold = untold_here()
    assert untold(Path(r"\\server\share\site")) == "a network share"
    assert untold(Path(os.environ["SYSTEMDRIVE"] + r"\inetpub")) == ""


def test_a_name_that_other_calls_would_read_as_another_is_looked_at_itself(root: Path) -> None:
    for name in ("web.config.", "x "):
        os.close(os.open(f"{verbatim(str(root))}\\{name}", os.O_CREAT | os.O_WRONLY))
    listed = {entry.name: entry for entry in list_folder(str(root))}
    assert set(listed) == {"bin", "web.config", "web.config.", "x "}
    assert all(look(f"{root}\\{name}") == entry for name, entry in listed.items())


def test_a_folder_with_a_path_of_more_than_260_characters_is_followed_and_listed(root: Path) -> None:
    deep = str(root) + 3 * ("\\" + "x" * 100)
    Path(verbatim(deep)).mkdir(parents=True)
    feed = Directories()
    feed.follow(deep, deep=True)
    os.close(os.open(f"{verbatim(deep)}\\web.config", os.O_CREAT | os.O_WRONLY))
    heard = feed.read(10.0)
    feed.close()
    assert f"{deep}\\web.config" in heard.paths
    assert [entry.name for entry in list_folder(deep)] == ["web.config"]
