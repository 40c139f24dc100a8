"""What the writer of event logs writes is read alike by independent readers, where they are installed."""

from pathlib import Path

import pytest

from tests.oracles.logs import FAULTS, disagreements, is_there, write_logs


@pytest.mark.parametrize("oracle", FAULTS)
def test_independent_readers_read_what_was_written_as_iisight_does(oracle: str, tmp_path: Path) -> None:
    if not is_there(oracle):
        pytest.skip(f"{oracle} is not installed; the golden of tests/golden/evtx holds the same bytes")
    found = [line for path in write_logs(tmp_path, oracle) for line in disagreements(oracle, path)]
    assert found == []
