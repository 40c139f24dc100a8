"""Changes of real files are noticed, whatever is done to the folders they are in."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from iisight.watch.notice import NoteKind, NoticeError, Root
from tests.builders.noticing import IS_WINE, Open, root, watch

__all__ = ["root", "watch"]

LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


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


def test_a_file_renamed_over_another_is_told(watch: Open, root: Path) -> None:
    told = watch(root)
    (root / ".swap").write_text("x")
    (root / ".swap").replace(root / "web.config")
    told.until(lambda c: c.has(root / "web.config"))


def test_a_change_of_rights_or_times_is_told(watch: Open, root: Path) -> None:
    told = watch(root)
    os.utime(root / "web.config", (1, 1))
    told.until(lambda c: c.has(root / "web.config"))


def test_folders_made_in_one_go_are_told_with_all_that_is_in_them(watch: Open, root: Path) -> None:
    told = watch(root)
    files = [root / f"d{index}" / "a" / "b" / "x.dll" for index in range(200)]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text("x")
    told.until(lambda c: all(c.has(file) for file in files))


def test_files_in_a_folder_that_came_and_in_one_that_was_renamed_are_told(watch: Open, root: Path) -> None:
    told = watch(root, swept=IS_WINE)  # which tells of the folder's old name
    (root / "a" / "b").mkdir(parents=True)
    told.until(lambda c: c.has(root / "a")).until_quiet()
    (root / "a").rename(root / "c")
    told.until(lambda c: c.has(root / "c")).until_quiet()
    told.paths, told.whole = set(), set()
    (root / "c" / "b" / "x").write_text("1")
    told.until(lambda c: c.has(root / "c" / "b" / "x"))


def test_a_folder_moved_in_from_elsewhere_is_told_whole(watch: Open, root: Path, tmp_path: Path) -> None:
    (tmp_path / "kit" / "deep").mkdir(parents=True)
    told = watch(root)
    (tmp_path / "kit").rename(root / "kit")
    told.until(lambda c: root / "kit" in c.whole)


def test_a_root_deleted_and_made_again_is_watched_again(watch: Open, root: Path) -> None:
    told = watch(root, polled=IS_WINE)  # where a folder that is followed outlives its deletion
    told.until_quiet(1.5)
    shutil.rmtree(root)
    told.until(lambda c: c.has_note(NoteKind.LOST, root))
    root.mkdir()
    told.until(lambda c: c.has_note(NoteKind.BACK, root)).until_quiet()
    told.paths, told.whole = set(), set()
    (root / "x").write_text("1")
    told.until(lambda c: c.has(root / "x"))


def test_a_root_that_is_moved_away_and_replaced_at_once_is_watched_anew(
    watch: Open, root: Path, tmp_path: Path
) -> None:
    told = watch(root)
    root.rename(tmp_path / "away")
    root.mkdir()
    told.until(lambda c: root in c.whole).until_quiet()
    told.paths, told.whole = set(), set()
    (root / "x").write_text("1")
    told.until(lambda c: c.has(root / "x"))


def test_a_root_whose_folder_is_moved_away_is_told(watch: Open, root: Path, tmp_path: Path) -> None:
    (tmp_path / "x" / "inetpub").mkdir(parents=True)
    told = watch(tmp_path / "x" / "inetpub")
    (tmp_path / "x").rename(tmp_path / "y")
    told.until(lambda c: c.has_note(NoteKind.LOST, tmp_path / "x" / "inetpub"))


def test_a_root_that_comes_later_is_watched(watch: Open, tmp_path: Path) -> None:
    later = tmp_path / "not" / "yet" / "there"
    told = watch(later)
    later.mkdir(parents=True)
    told.until(lambda c: later in c.whole).until_quiet()
    (later / "x").write_text("1")
    told.until(lambda c: later / "x" in c.paths)


def test_a_single_file_is_watched_before_it_is_there_and_when_it_is_replaced(watch: Open, tmp_path: Path) -> None:
    file = tmp_path / "redirection.config"
    told = watch(file, recursive=False)
    (tmp_path / "neighbour").write_text("1")
    file.write_text("1")
    told.until(lambda c: file in c.paths).until_quiet()
    told.paths = set()
    (tmp_path / "neighbour").replace(file)
    told.until(lambda c: file in c.paths)
    assert told.paths == {file}


def test_a_folder_that_is_not_recursive_tells_what_stands_in_it_alone(watch: Open, root: Path) -> None:
    told = watch(root, recursive=False)
    (root / "bin" / "x").write_text("1")
    (root / "x").write_text("1")
    told.until(lambda c: root / "x" in c.paths).until_quiet()
    assert root / "bin" / "x" not in told.paths
    assert not told.whole


@LINKS
def test_links_are_not_followed(watch: Open, root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    told = watch(root)
    (root / "later").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "x").write_text("1")
    (root / "end").write_text("1")
    told.until(lambda c: c.has(root / "end")).until_quiet()
    assert told.paths == {root / "later", root / "end"}


@pytest.mark.skipif(sys.platform == "win32", reason="names there are text")
def test_a_name_that_is_no_text_is_told_and_blinds_nobody(watch: Open, root: Path) -> None:
    told = watch(root)
    odd = Path(os.fsdecode(bytes(root) + b"/\xff.dll"))
    odd.write_bytes(b"MZ")
    (root / "after").write_text("1")
    told.until(lambda c: c.has(odd) and c.has(root / "after"))


def test_roots_may_be_changed_while_watching(watch: Open, root: Path, tmp_path: Path) -> None:
    (tmp_path / "moved").mkdir()
    told = watch(root)
    told.notices.roots([Root(tmp_path / "moved")])
    told.until(lambda c: tmp_path / "moved" in c.whole).until_quiet()
    (root / "x").write_text("1")
    (tmp_path / "moved" / "x").write_text("1")
    told.until(lambda c: tmp_path / "moved" / "x" in c.paths).until_quiet()
    assert not told.has(root / "x")


@LINKS
def test_two_roots_that_are_one_folder_are_both_told(watch: Open, root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    told = watch(root, tmp_path / "alias")
    (root / "x").write_text("1")
    told.until(lambda c: c.has(root / "x") and c.has(tmp_path / "alias" / "x"))
    assert told.has_note(NoteKind.POLLED, root) or told.has_note(NoteKind.POLLED, tmp_path / "alias")


def test_where_the_system_tells_nothing_changes_are_found_by_looking(watch: Open, root: Path) -> None:
    told = watch(root, polled=True)
    told.until(lambda c: c.has_note(NoteKind.POLLED, root)).until_quiet(1.5)
    told.paths, told.whole = set(), set()
    (root / "web.config").write_text("changed")
    (root / "bin" / "x").write_text("1")
    told.until(lambda c: {root / "web.config", root / "bin" / "x"} <= c.paths)


def test_a_share_is_told_and_polled_too(watch: Open, root: Path) -> None:
    told = watch(root, untold="a network file system")
    told.until(lambda c: c.has_note(NoteKind.POLLED, root) and root in c.whole)
    (root / "x").write_text("1")
    told.until(lambda c: root / "x" in c.paths)


@pytest.mark.skipif(sys.platform == "win32", reason="tests/windows has one of as many as its buffer takes")
def test_a_storm_gives_few_batches_and_small_ones(watch: Open, root: Path) -> None:
    told = watch(root)
    files = [root / "bin" / f"f{index}" for index in range(5_000)]
    for file in files:
        file.write_text("1")
    told.until(lambda c: all(c.has(file) for file in files))
    assert told.batches < 500
    assert len(told.paths) < len(files)


def test_a_thread_that_fails_is_told(watch: Open, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = watch(root)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    monkeypatch.setattr(told.notices, "_take", None)  # no seam raises: this stands for a mistake of ours
    (root / "x").write_text("1")
    with pytest.raises(NoticeError, match="a thread that notices changes has ended"):
        told.until(lambda _: False)
