"""Whole processes: start-up against a bare interpreter, and the scan of an Exchange server's configuration."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from zipfile import ZipFile

from benchmarks.measure import Measured, best_of
from iisight.workbench import stock

_RUN = [sys.executable, "-m", "iisight"]


def run(corpus: Path | None) -> Iterator[Measured]:
    """Yield the figures."""
    bare = best_of(15, lambda: subprocess.run([sys.executable, "-c", ""], check=True))
    command = [str(Path(sys.executable).with_name("iisight")), "--version"]
    ours = best_of(15, lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    yield Measured("start-up: iisight --version / python -c ''", ours / bare, "x", 6, f"{ours * 1000:.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        evidence = _exchange(corpus, Path(folder))
        seconds, megabytes = min(_scan(evidence) for _ in range(3))
    yield Measured(f"scan, whole process: {evidence.stem[-40:]}", seconds, "s", 1.5)
    yield Measured("  its peak memory", megabytes, "MB", 120)


def _exchange(corpus: Path | None, folder: Path) -> Path:
    """Return the largest real Exchange configuration with its modules, or a stock server when there is none."""
    files = dict(stock.stock_files())
    name = "stock-server"
    if corpus is not None:
        found = [p for p in corpus.rglob("*xchange*pplication?ost*.config") if "Bad" not in p.name]
        real = max(found, key=lambda p: p.stat().st_size, default=None)
        if real is not None:
            files[stock.APPHOST] = real.read_bytes()
            name = "real-exchange-server"
    target = folder / f"{name}.zip"
    with ZipFile(target, "w") as archive:
        for path, data in files.items():
            archive.writestr("C/" + path[3:].replace("\\", "/"), data)
    return target


def _scan(evidence: Path) -> tuple[float, float]:
    """Return seconds and peak megabytes of one scan."""
    start = perf_counter()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        process = subprocess.Popen([*_RUN, "scan", str(evidence)], stdout=nowhere)
        _, _, usage = os.wait4(process.pid, 0)
    return perf_counter() - start, usage.ru_maxrss / 1024
