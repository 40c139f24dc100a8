"""Of very many changed files, those that may be loaded are looked at first."""

from iisight.evidence.source import File
from iisight.watch.foremost import in_turn
from iisight.watch.narrow import MAX_PATHS


def changed(count: int, end: str) -> dict[str, File | None]:
    return {f"C:\\web\\{number}{end}": None for number in range(count)}


def test_few_files_are_looked_at_together() -> None:
    few = changed(2, ".dll") | changed(MAX_PATHS - 2, ".txt")
    assert list(in_turn(few)) == [few]


def test_what_may_be_loaded_comes_before_many_files_that_are_not() -> None:
    loaded, many = changed(1, ".DLL") | changed(1, "\\web.config"), changed(MAX_PATHS, ".txt")
    assert list(in_turn(many | loaded)) == [loaded, many]


def test_too_many_that_may_be_loaded_are_left_to_a_look_at_everything() -> None:
    many = changed(MAX_PATHS + 1, ".dll")
    assert list(in_turn(many)) == [many]
