"""Changes of files are noticed on Windows (ReadDirectoryChangesW)."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from iisight.watch.notice import NoteKind, Notices, Root
from iisight.watch.notice.feed import NoFeed
from iisight.watch.notice.filesystems import untold_here
from iisight.watch.notice.listing import Entry, list_folder, look
from tests.builders.noticing import Collected

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="changes as Windows tells them")

Open = Callable[..., Collected]


def _see_nothing(folder: str) -> Iterable[Entry]:
    """Leave the finding to the system. What it told may be told again, as gone."""
    return ()


@pytest.fixture
def watch() -> Iterator[Open]:
    opened: list[Notices] = []

    def start(*roots: Path, recursive: bool = True, polled: bool = False, swept: bool = False) -> Collected:
        feed, lister = NoFeed() if polled else None, list_folder if polled or swept else _see_nothing
        opened.append(Notices([Root(root, recursive) for root in roots], feed, lister, untold=lambda _: ""))
        return Collected(opened[-1])

    yield start
    for notices in opened:
        notices.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "bin").mkdir(parents=True)
    (tmp_path / "root" / "web.config").write_text("<configuration/>")
    return tmp_path / "root"


def test_what_is_written_created_renamed_and_deleted_is_told(watch: Open, root: Path) -> None:
    (root / "old").write_text("1")
    (root / "gone").write_text("1")
    told = watch(root)
    (root / "web.config").write_text("<configuration>")
    (root / "old").rename(root / "new")
    (root / "gone").unlink()
    changed = [root / "web.config", root / "old", root / "new", root / "gone"]
    told.until(lambda c: all(c.has(path) for path in changed))


def test_a_file_in_a_folder_that_was_there_before_is_told(watch: Open, root: Path) -> None:
    told = watch(root, swept=True)  # Wine 8 tells nothing of such folders: there the listing finds it
    file = root / "bin" / "x.dll"
    told.until(lambda c: file.write_text("again " * c.batches) >= 0 and c.has(file))


def test_a_file_replaced_by_another_is_told(watch: Open, root: Path) -> None:
    told = watch(root)
    (root / "swap").write_text("x")
    (root / "swap").replace(root / "web.config")
    told.until(lambda c: c.has(root / "web.config"))


def test_folders_made_in_one_go_are_told_with_all_that_is_in_them(watch: Open, root: Path) -> None:
    told = watch(root)
    files = [root / f"d{index}" / "a" / "x.dll" for index in range(50)]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text("x")
    told.until(lambda c: all(c.has(file) for file in files))


def test_a_folder_moved_in_from_elsewhere_is_told_whole(watch: Open, root: Path, tmp_path: Path) -> None:
    (tmp_path / "kit" / "deep").mkdir(parents=True)
    told = watch(root)
    (tmp_path / "kit").rename(root / "kit")
    told.until(lambda c: root / "kit" in c.whole)


def test_a_root_that_comes_later_is_watched(watch: Open, tmp_path: Path) -> None:
    later = tmp_path / "not" / "there"
    told = watch(later)
    later.mkdir(parents=True)
    told.until(lambda c: later in c.whole).until_quiet()
    (later / "x").write_text("1")
    told.until(lambda c: later / "x" in c.paths)


def test_a_root_that_is_moved_away_and_replaced_is_watched_anew(watch: Open, root: Path, tmp_path: Path) -> None:
    told = watch(root)
    root.rename(tmp_path / "away")
    root.mkdir()
    told.until(lambda c: root in c.whole).until_quiet()
    told.paths, told.whole = set(), set()
    (root / "x").write_text("1")
    told.until(lambda c: c.has(root / "x"))


def test_a_single_file_is_watched_whatever_the_case_of_its_name(watch: Open, tmp_path: Path) -> None:
    told = watch(tmp_path / "APPLICATIONHOST.CONFIG", recursive=False)
    (tmp_path / "neighbour").write_text("1")
    (tmp_path / "applicationHost.config").write_text("1")
    told.until(lambda c: tmp_path / "applicationHost.config" in c.paths).until_quiet()
    assert tmp_path / "neighbour" not in told.paths


def test_more_than_the_buffer_takes_is_told_whole(watch: Open, root: Path) -> None:
    told = watch(root)
    files = [root / ("x" * 200 + str(index)) for index in range(3_000)]
    for file in files:
        file.write_text("1")
    told.until(lambda c: all(c.has(file) for file in files))


def test_where_the_system_tells_nothing_changes_are_found_by_looking(watch: Open, root: Path) -> None:
    told = watch(root, polled=True)
    told.until(lambda c: c.has_note(NoteKind.POLLED, root)).until_quiet(1.5)
    told.paths, told.whole = set(), set()
    (root / "web.config").write_text("changed")
    (root / "bin" / "x").write_text("1")
    told.until(lambda c: {root / "web.config", root / "bin" / "x"} <= c.paths)


def test_roots_may_be_changed_while_watching(watch: Open, root: Path, tmp_path: Path) -> None:
    (tmp_path / "moved").mkdir()
    told = watch(root)
    told.notices.roots([Root(tmp_path / "moved")])
    told.until(lambda c: tmp_path / "moved" in c.whole).until_quiet()
    (tmp_path / "moved" / "x").write_text("1")
    told.until(lambda c: tmp_path / "moved" / "x" in c.paths)


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
