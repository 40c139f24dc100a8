"""One watch for one state."""

from pathlib import Path

import pytest

from iisight.model.errors import UsageError
from iisight.watch.alone import alone


def test_a_second_watch_of_one_state_is_refused_and_the_next_is_not(tmp_path: Path) -> None:
    again = alone(tmp_path / "state")
    with alone(tmp_path / "state"), pytest.raises(UsageError, match="another watch keeps its state there"):
        again.__enter__()
    with alone(tmp_path / "state"):
        assert (tmp_path / "state").is_dir()


def test_a_state_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    with pytest.raises(UsageError, match=r"--state .*: no folder"), alone(tmp_path / "state"):
        pass


def test_states_of_two_watches_do_not_meet(tmp_path: Path) -> None:
    with alone(tmp_path / "one"), alone(tmp_path / "two"):
        assert [path.name for path in sorted(tmp_path.iterdir())] == ["one", "two"]
