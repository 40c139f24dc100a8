"""What `iisight watch` says when it cannot watch, and where it keeps its state."""

import sys
from pathlib import Path

import pytest

from iisight.cli import watch
from iisight.cli.main import main


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a service manager")
def test_service_is_refused_in_words_where_there_is_no_service_manager(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(tmp_path), "--service"]) == 2
    assert "--service: this process was not started by the service manager of Windows" in capsys.readouterr().err


def test_a_service_has_no_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path), "--service", "--to", "-"]) == 2
    assert "--service: a service has no standard output" in capsys.readouterr().err


def test_levels_are_named_as_they_are_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["watch", str(tmp_path), "--least", "bogus"])
    assert "<Severity" not in capsys.readouterr().err


def test_two_servers_in_folders_of_one_name_have_states_of_their_own() -> None:
    one, two = (watch._folder_name(Path(f"/mnt/{server}/C")) for server in ("web01", "web02"))
    assert one != two
    assert one.startswith("C-")
