"""Whatever is done to a tree, what differs in the end was told."""

import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iisight.watch.notice import Notices, Root
from iisight.watch.notice.feed import NoFeed
from iisight.watch.notice.listing import Entry, list_folder
from tests.builders.noticing import Collected

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="tests/windows has those for Windows")

NAMES = ("a", "b", "a/a", "a/b", "a/a/a", "b/a", "b/b/b")
PLACES = st.sampled_from(NAMES)
STEPS = st.one_of(
    st.tuples(st.just("write"), PLACES, st.binary(max_size=4)),
    st.tuples(st.just("mkdir"), PLACES),
    st.tuples(st.just("rename"), PLACES, PLACES),
    st.tuples(st.just("delete"), PLACES),
    st.tuples(st.just("replace root")),
)


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_all_that_differs_was_told_by_the_system(steps: list[tuple[object, ...]]) -> None:
    _check(steps, polled=False)


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_all_that_differs_was_found_by_looking(steps: list[tuple[object, ...]]) -> None:
    _check(steps, polled=True)


def _check(steps: list[tuple[object, ...]], polled: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        (root / "a" / "a").mkdir(parents=True)
        (root / "a" / "b").write_bytes(b"1")
        before = _state(root)
        feed, lister = (NoFeed(), list_folder) if polled else (None, _see_nothing)
        with Notices([Root(root)], feed, lister, untold=lambda _: "") as notices:
            told = Collected(notices)
            if polled:
                told.until(lambda c: root in c.whole).until_quiet(1.2)
                told.paths, told.whole = set(), set()
            for step in steps:
                _do(root, *step)
            after = _state(root)
            differs = {path for path in before | after if before.get(path) != after.get(path)}
            told.until(lambda c: all(_is_told(c, path) for path in differs))


def _see_nothing(folder: str) -> Iterable[Entry]:
    """Leave the finding to the system. What it told may be told again, as gone."""
    return ()


def _is_told(told: Collected, path: Path) -> bool:
    if told.has(path):
        return True
    return not path.exists() and any(above in told.paths for above in path.parents)


def _state(root: Path) -> dict[Path, int]:
    found: dict[Path, int] = {}
    waiting = [root] if root.is_dir() else []
    while waiting:
        folder = waiting.pop()
        for entry in list_folder(str(folder)):
            found[folder / entry.name] = entry.mark
            if entry.is_folder:
                waiting.append(folder / entry.name)
    return found


def _do(root: Path, what: object, *names: object) -> None:
    """Do one thing; what cannot be done as the tree is, is not done."""
    try:
        match what, names:
            case "write", (str(name), bytes(data)):
                (root / name).write_bytes(data)
            case "mkdir", (str(name),):
                (root / name).mkdir(parents=True)
            case "rename", (str(old), str(new)):
                (root / old).rename(root / new)
            case "delete", (str(name),):
                shutil.rmtree(root / name) if (root / name).is_dir() else (root / name).unlink()
            case _:
                root.rename(root.with_name("old"))
                shutil.copytree(root.with_name("old"), root)
                shutil.rmtree(root.with_name("old"))
    except OSError:
        pass
