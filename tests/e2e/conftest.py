"""What the end-to-end tests share: the evidence, and the command line run in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from examples.build import server, write_zip

from iisight.cli.main import main
from iisight.workbench.stock import stock_files
from tests.e2e.evidence import as_zip


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command line, in a folder without settings."""
    monkeypatch.chdir(tmp_path)

    def run_main(*arguments: str | Path) -> Ran:
        try:
            status: object = main([str(a) for a in arguments])
        except SystemExit as exit_:  # argparse leaves this way
            status = exit_.code
        captured = capsys.readouterr()
        return Ran(int(str(status)), captured.out, captured.err)

    return run_main


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clean server's ZIP."""
    return as_zip(stock_files(), tmp_path_factory.mktemp("stock"))


@pytest.fixture(scope="session")
def compromised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the example's ZIP."""
    target = tmp_path_factory.mktemp("compromised") / "compromised.zip"
    write_zip(server(), target)
    return target
