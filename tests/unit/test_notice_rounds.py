"""What going round the roots tells: folders in memory, a clock that is set, a feed that is told what to say."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from iisight.watch.notice.batch import Batch, Note, NoteKind, Root
from iisight.watch.notice.feed import Heard, Trouble
from iisight.watch.notice.gathering import Gathering
from iisight.watch.notice.listing import Entry
from iisight.watch.notice.rounds import Means, Rounds
from iisight.watch.notice.sweep import Sweep


@dataclass
class World:
    """Folders and files in memory, by path; a feed, and a clock."""

    files: dict[str, int] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)  # errors by folder
    full: bool = False  # no room for following
    followed: dict[str, bool] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    now: float = 1000.0

    def entries(self, folder: str) -> Iterator[Entry]:
        self._ask(folder)
        for path, number in {**self.folders, **self.files}.items():
            if path != folder and str(Path(path).parent) == folder:
                yield Entry(Path(path).name, path in self.folders, number)

    def identify(self, path: str) -> tuple[int, int, bool] | None:
        if self.broken.get(path) == errno.EIO:
            raise OSError(errno.EIO, "Input/output error")
        if path in self.folders:
            return 1, self.folders[path], True
        return (1, 7, False) if path in self.files else None

    def follow(self, folder: str, deep: bool) -> list[Trouble]:
        self._ask(folder)
        self.asked.append(folder)
        self.followed[folder] = deep
        return [Trouble(f"{folder}/x", "No space left on device", full=True)] if self.full else []

    def forget(self, folder: str) -> None:
        self.followed.pop(folder, None)

    def read(self, seconds: float) -> Heard:
        return Heard()

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def _ask(self, folder: str) -> None:
        if folder not in self.folders:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        if folder in self.broken:
            raise OSError(self.broken[folder], os.strerror(self.broken[folder]))


class Watch:
    """Rounds over a world."""

    def __init__(self, world: World, *roots: Root, why: str = "") -> None:
        self.world = world
        self.gathering = Gathering()
        self.rounds = Rounds(Means(world, self.gathering, world.entries, world.identify, lambda: world.now))
        self.rounds.set_roots(dict.fromkeys(roots, why))
        if not why:
            self.rounds.check(first=True)
        self.step()
        self.start = self.gathering.wait(0)

    def step(self, seconds: float = 5) -> None:
        self.world.now += seconds
        self.rounds.step()

    def told(self, seconds: float = 5) -> Batch:
        self.step(seconds)
        return self.gathering.wait(0)


R = Path("/r")


def _world() -> World:
    return World(files={"/r/a": 1, "/r/s/b": 1}, folders={"/": 1, "/r": 1, "/r/s": 1})


def test_a_root_that_stays_as_it_is_tells_nothing() -> None:
    watch = Watch(_world(), Root(R))
    assert not watch.start
    assert not watch.told()


def test_what_was_told_by_nobody_is_found() -> None:
    watch = Watch(_world(), Root(R))
    watch.world.files |= {"/r/s/b": 2, "/r/new": 1}
    del watch.world.files["/r/a"]
    assert watch.told() == Batch(paths=frozenset({Path("/r/s/b"), Path("/r/new"), Path("/r/a")}))
    assert not watch.told()


def test_a_folder_that_came_is_told_whole_and_one_that_went_by_its_path() -> None:
    watch = Watch(_world(), Root(R))
    watch.world.folders["/r/n"] = 2
    watch.world.files["/r/n/x"] = 1
    assert watch.told() == Batch(whole=frozenset({Path("/r/n")}))
    del watch.world.folders["/r/n"], watch.world.files["/r/n/x"]
    assert watch.told() == Batch(paths=frozenset({Path("/r/n")}))


def test_a_folder_put_in_the_place_of_another_is_told_whole() -> None:
    watch = Watch(_world(), Root(R))
    watch.world.folders["/r/s"] = 2
    assert watch.told() == Batch(whole=frozenset({Path("/r/s")}))


def test_a_root_that_goes_is_told_and_when_it_is_back_it_is_followed_and_told_whole() -> None:
    watch = Watch(_world(), Root(R))
    world = watch.world
    del world.folders["/r"]
    assert watch.told() == Batch(
        paths=frozenset({R}), notes=(Note(NoteKind.LOST, R, "there is no such file or folder"),)
    )
    assert world.followed == {"/": False}
    assert not watch.told()
    world.folders["/r"] = 2
    batch = watch.told()
    assert (batch.whole, batch.notes) == (frozenset({R}), (Note(NoteKind.BACK, R, "it can be seen again"),))
    assert world.followed == {"/r": True}


def test_a_root_put_in_the_place_of_another_is_followed_anew() -> None:
    watch = Watch(_world(), Root(R))
    watch.world.folders["/r"] = 2
    assert watch.told().whole == {R}
    assert watch.world.asked == ["/r", "/r"]


def test_a_root_that_is_not_there_yet_is_awaited_in_the_folder_above() -> None:
    watch = Watch(_world(), Root(Path("/r/later")))
    assert watch.start.notes == (Note(NoteKind.LOST, Path("/r/later"), "there is no such file or folder"),)
    assert watch.world.followed == {"/r": False}
    watch.world.folders["/r/later"] = 3
    assert watch.told().whole == {Path("/r/later")}
    assert watch.world.followed == {"/r/later": True}


def test_a_single_file_that_is_not_there_needs_no_note_as_it_is_awaited() -> None:
    watch = Watch(_world(), Root(Path("/r/web.config"), recursive=False))
    assert not watch.start
    watch.world.files["/r/web.config"] = 1
    assert watch.told().paths == {Path("/r/web.config")}
    assert watch.world.followed == {"/r": False}


def test_when_the_system_has_no_room_the_root_is_looked_at_from_time_to_time_and_that_is_said() -> None:
    world = _world()
    world.full = True
    watch = Watch(world, Root(R))
    assert watch.start.notes == (Note(NoteKind.POLLED, R, "No space left on device"),)
    world.files["/r/s/b"] = 5
    assert watch.told(1.5).paths == {Path("/r/s/b")}


def test_what_is_polled_is_told_whole_once_it_was_first_listed() -> None:
    watch = Watch(_world(), Root(R), why="a network file system")
    assert watch.start == Batch(whole=frozenset({R}), notes=(Note(NoteKind.POLLED, R, "a network file system"),))
    assert not watch.told()


def test_when_notifications_were_left_out_all_is_followed_again_and_told_whole_but_not_time_and_again() -> None:
    watch = Watch(_world(), Root(R))
    watch.rounds.not_told(missed=["/r"])
    batch = watch.told()
    assert batch.whole == {R}
    assert batch.notes == (Note(NoteKind.OVERFLOW, R, "the system left out notifications; all is looked at anew"),)
    watch.rounds.not_told(missed=["/r"])
    assert not watch.told(0.5)
    assert watch.told(1).whole == {R}


def test_a_folder_of_which_nothing_is_told_any_more_is_followed_anew() -> None:
    watch = Watch(_world(), Root(R))
    watch.rounds.not_told(lost=["/r"])
    assert watch.told().whole == {R}
    assert watch.world.asked == ["/r", "/r"]


def test_a_share_that_goes_away_is_told_once_and_told_when_it_is_back() -> None:
    watch = Watch(_world(), Root(R), why="a network file system")
    watch.world.broken["/r"] = errno.ESTALE
    assert watch.told().notes == (Note(NoteKind.LOST, R, os.strerror(errno.ESTALE)),)
    assert [watch.told() for _ in range(5)] == [Batch()] * 5
    watch.world.broken.clear()
    watch.world.files["/r/a"] = 9
    batch = watch.told()
    assert (batch.whole, batch.notes) == (frozenset({R}), (Note(NoteKind.BACK, R, "it can be seen again"),))


def test_a_root_that_cannot_be_asked_for_is_told_with_the_reason() -> None:
    watch = Watch(_world(), Root(R))
    watch.world.broken["/r"] = errno.EIO
    batch = watch.told()
    assert (batch.paths, batch.notes) == (frozenset({R}), (Note(NoteKind.LOST, R, "Input/output error"),))


def test_a_folder_that_may_not_be_listed_is_named_once() -> None:
    watch = Watch(_world(), Root(R))
    watch.world.broken["/r/s"] = errno.EACCES
    assert watch.told().notes == (Note(NoteKind.REFUSED, Path("/r/s"), "Permission denied"),)
    assert not watch.told()
    watch.world.broken.clear()
    watch.world.files["/r/s/b"] = 8
    batch = watch.told()
    assert batch.paths == {Path("/r/s/b")}
    assert batch.notes == (Note(NoteKind.BACK, Path("/r/s"), "it can be looked into again"),)


def test_roots_that_are_taken_back_are_followed_no_more_and_new_ones_are_told_whole() -> None:
    watch = Watch(_world(), Root(R))
    watch.world.folders["/q"] = 4
    watch.rounds.set_roots({Root(Path("/q")): ""})
    assert watch.told() == Batch(whole=frozenset({Path("/q")}))
    assert watch.world.followed == {"/q": True}


def test_a_sweep_with_more_names_than_it_may_keep_tells_folders() -> None:
    world = _world()
    sweep = Sweep(world.entries, most=3)
    world.files |= {f"/r/s/{index}": 1 for index in range(10)}
    sweep.visit("/r", deep=True)
    world.files["/r/s/4"] = 2
    assert sweep.visit("/r", deep=True).whole == {"/r/s"}


def test_looked_at_paths_are_not_found_again(tmp_path: Path) -> None:
    from iisight.watch.notice.listing import list_folder

    sweep = Sweep(list_folder)
    (tmp_path / "gone").write_text("1")
    sweep.visit(str(tmp_path), deep=True)
    (tmp_path / "new").write_text("1")
    (tmp_path / "gone").unlink()
    sweep.touch(str(tmp_path / "new"))
    sweep.touch(str(tmp_path / "gone"))
    assert not sweep.visit(str(tmp_path), deep=True).paths


def test_a_replacement_that_keeps_size_and_time_is_found(tmp_path: Path) -> None:
    from iisight.watch.notice.listing import list_folder

    file = tmp_path / "module.dll"
    file.write_bytes(b"good")
    sweep, before = Sweep(list_folder), file.stat()
    sweep.visit(str(tmp_path), deep=True)
    (tmp_path / "other").write_bytes(b"evil")
    os.utime(tmp_path / "other", ns=(before.st_atime_ns, before.st_mtime_ns))
    (tmp_path / "other").rename(file)
    assert sweep.visit(str(tmp_path), deep=True).paths == {str(file)}
