"""The parts of noticing that need no file system: gathering, scope, settling, mounts, and the records of Windows."""

import struct
from pathlib import Path

import pytest

from iisight.watch.notice.batch import Batch, Note, NoteKind, Root
from iisight.watch.notice.directories import parse_changes
from iisight.watch.notice.filesystems import parse_mounts, untold_by_mounts
from iisight.watch.notice.gathering import MAX_NOTES, Gathering
from iisight.watch.notice.pace import Pace
from iisight.watch.notice.scope import outermost, scope_of
from iisight.watch.notice.settling import LONGEST, QUIET, TORN, Settled, Settling
from iisight.watch.notice.windows_listing import parse_entries


def test_a_burst_is_one_batch() -> None:
    gathering = Gathering()
    gathering.add(["/r/a"])
    gathering.add(["/r/b"], ["/r/new"])
    batch = gathering.wait(10)
    assert batch.paths == {Path("/r/a"), Path("/r/b")}
    assert batch.whole == {Path("/r/new")}
    assert not gathering.wait(0)


def test_what_lies_in_a_folder_that_is_looked_at_whole_is_not_told_again() -> None:
    gathering = Gathering()
    gathering.add(["/r/new", "/r/new/x", "/r/newer"], ["/r/new", "/r/new/deep"])
    batch = gathering.wait(10)
    assert batch == Batch(frozenset({Path("/r/newer")}), frozenset({Path("/r/new")}))


def test_more_paths_than_the_bound_are_told_by_their_folders() -> None:
    gathering = Gathering(most=10)
    gathering.add(f"/r/{folder}/{index}" for folder in "ab" for index in range(10))
    batch = gathering.wait(10)
    assert batch == Batch(whole=frozenset({Path("/r/a"), Path("/r/b")}))


def test_more_folders_than_the_bound_are_told_by_those_above() -> None:
    gathering = Gathering(most=10)
    gathering.add(whole=[f"/r/{index % 2}/{index}/x" for index in range(100)])
    assert gathering.wait(10).whole == {Path("/r/0"), Path("/r/1")}


def test_folders_below_one_that_is_told_whole_do_not_count() -> None:
    gathering = Gathering(most=10)
    gathering.add(whole=["/r", *(f"/r/{index}" for index in range(100))])
    assert gathering.wait(10).whole == {Path("/r")}


def test_a_storm_is_held_in_bounded_memory() -> None:
    gathering = Gathering(most=10)
    for index in range(2_000):
        gathering.add([f"/r/{index % 50}/{index}"])
    batch = gathering.wait(10)
    assert len(batch.paths) + len(batch.whole) <= 20
    assert {Path("/r/7/7")} & batch.paths or any(Path("/r/7").is_relative_to(folder) for folder in batch.whole)


def test_notes_beyond_the_bound_are_counted() -> None:
    gathering = Gathering()
    gathering.add(notes=[Note(NoteKind.REFUSED, Path(f"/{index}"), "denied") for index in range(MAX_NOTES + 5)])
    notes = gathering.wait(10).notes
    assert len(notes) == MAX_NOTES + 1
    assert notes[-1].reason == "5 more notes of this kind were not kept"


def test_wake_ends_a_wait() -> None:
    gathering = Gathering()
    gathering.wake()
    assert not gathering.wait(600)


def test_the_scope_holds_what_is_in_roots_alone() -> None:
    scope = scope_of(
        [Root(Path("/deep")), Root(Path("/flat"), recursive=False), Root(Path("/x/file"), recursive=False)]
    )
    inside = ["/deep", "/deep/a/b/c", "/flat", "/flat/a", "/x/file"]
    outside = ["/", "/deeper", "/flat/a/b", "/x", "/x/other", "/x/file2"]
    assert [path for path in inside + outside if scope.holds(path)] == inside


def test_a_folder_in_one_that_is_followed_with_all_below_needs_no_following() -> None:
    assert outermost({"/a": True, "/a/b": True, "/c": False, "/c/d": True}) == {"/a": True, "/c": False, "/c/d": True}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/srv/share/site", "a network file system"),
        ("/srv/share", "a network file system"),
        ("/srv/shared", ""),
        ("/srv/a b/x", "another program's files"),
        ("/srv/share/local/x", ""),
    ],
)
def test_the_mount_that_a_path_lies_in_says_whether_all_is_told(path: str, why: str) -> None:
    mounts = """/dev/sda1 / ext4 rw 0 0
server:/x /srv/share nfs4 rw 0 0
sshfs /srv/a\\040b fuse.sshfs rw 0 0
/dev/sdb1 /srv/share/local ext4 rw 0 0
broken
"""
    assert untold_by_mounts(path, parse_mounts(mounts)) == why


def test_a_pace_keeps_to_its_share_of_time_and_to_its_bounds() -> None:
    pace = Pace(least=1, factor=200, most=3600)
    assert [pace.pause(took) for took in (0.0, 0.1, 100)] == [1, 20, 3600]


class _Files:
    """Files that change as told, and a clock."""

    def __init__(self) -> None:
        self.marks: dict[Path, int | None] = {}
        self.now = 0.0

    def settling(self) -> Settling:
        return Settling(lambda: self.now, self.marks.get)


A = Path("/a")


def test_a_file_that_stays_the_same_between_two_looks_is_let_go() -> None:
    files = _Files()
    files.marks = {A: 1}
    settling = files.settling()
    settling.hold([A])
    assert settling.release() == Settled()
    files.now = QUIET
    assert settling.wait() == 0
    assert settling.release() == Settled(calm=frozenset({A}))
    assert settling.wait() is None


def test_a_file_that_is_gone_is_let_go_at_once() -> None:
    files = _Files()
    settling = files.settling()
    settling.hold([A])
    assert settling.release() == Settled(calm=frozenset({A}))


def test_a_file_that_rests_without_its_end_is_waited_for_but_not_long() -> None:
    files = _Files()
    files.marks = {A: 1}
    torn = {A}
    settling = Settling(lambda: files.now, files.marks.get, torn.__contains__)
    settling.hold([A])
    files.now = QUIET
    assert settling.release() == Settled()
    assert settling.wait() == QUIET
    files.now = TORN
    assert settling.release() == Settled(calm=frozenset({A}))
    settling.hold([A])
    torn.clear()
    files.now += QUIET
    assert settling.release() == Settled(calm=frozenset({A}))


def test_a_file_that_never_rests_is_let_go_at_the_deadline_however_often_it_is_told() -> None:
    files = _Files()
    settling = files.settling()
    released = []
    for step in range(int(LONGEST / QUIET) + 1):
        files.now = step * QUIET
        files.marks[A] = step
        settling.hold([A])
        released.append(settling.release())
    assert released[:-1] == [Settled()] * (len(released) - 1)
    assert released[-1] == Settled(restless=frozenset({A}))


def _change(action: int, name: bytes, last: bool) -> bytes:
    record = struct.pack("<III", 0, action, len(name)) + name
    record += bytes(-len(record) % 4)
    return record if last else struct.pack("<I", len(record)) + record[4:]


def test_changes_of_windows_are_read_with_names_that_are_no_unicode() -> None:
    told = _change(1, "site\\web.config".encode("utf-16-le"), last=False) + _change(3, b"\x00\xd8x\x00", last=True)
    assert list(parse_changes(told)) == [(1, "site\\web.config"), (3, "\ud800x")]


@pytest.mark.parametrize("told", [b"", b"\0" * 11, b"\xff" * 12, struct.pack("<III", 4, 1, 2**31)])
def test_changes_out_of_shape_end_the_reading(told: bytes) -> None:
    assert len(list(parse_changes(told))) <= 2


def _record(name: str, attributes: int, last: bool = True, changed: int = 4) -> bytes:
    encoded = name.encode("utf-16-le")
    head = struct.pack("<II6qIII", 0, 0, 1, 2, 3, changed, 5, 6, attributes, len(encoded), 0)
    record = head + bytes(28) + struct.pack("<q", 99) + encoded
    record += bytes(-len(record) % 8)
    return record if last else struct.pack("<I", len(record)) + record[4:]


def test_a_listing_of_windows_tells_folders_from_links_and_files() -> None:
    data = (
        _record(".", 0x10, last=False)
        + _record("bin", 0x10, last=False)
        + _record("link", 0x410, last=False)
        + _record("f", 0x20)
    )
    assert [(e.name, e.is_folder) for e in parse_entries(data)] == [("bin", True), ("link", False), ("f", False)]


def test_a_listing_of_windows_tells_a_file_whose_size_and_times_were_set_back_by_its_change_time() -> None:
    (before,), (after,) = list(parse_entries(_record("f", 0x20))), list(parse_entries(_record("f", 0x20, changed=9)))
    assert before.mark != after.mark
