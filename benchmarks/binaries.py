"""Binaries told in full: throughput against pefile, dnfile and signify together, and a host of 400 modules."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks import peers
from benchmarks.measure import Measured, best_of, scanned
from iisight.evidence.paths import join
from iisight.examine.pool import Pool
from iisight.examine.setup import Setup
from iisight.parsers.pe import is_pe
from iisight.workbench import stock

_FILES = 500
_MODULES = 400
_HEAD = 4096
_TIMES_FASTER = 20
_SECONDS = 3
_FOLDER = "C:\\Modules"


def run(folder: Path | None) -> Iterator[Measured]:
    """Yield the figures; without a folder of real files there are none."""
    if folder is None:
        return
    files = _chosen(folder, _FILES)
    yield from _throughput(files)
    yield from _host(files[:_MODULES])


def _chosen(folder: Path, count: int) -> list[Path]:
    """Return so many executables of a folder, in the order of their hashes: the same ones wherever they are kept."""
    by_hash = {}
    for path in folder.rglob("*"):
        if path.is_file() and is_pe(_head(path)):
            by_hash[hashlib.sha256(path.read_bytes()).hexdigest()] = path
    return [path for _, path in islice(sorted(by_hash.items()), count)]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _throughput(files: list[Path]) -> Iterator[Measured]:
    """Yield milliseconds per file of both, each in as many processes as there are processors, start-up left out."""
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    ours = _our_time(files)
    note = f"{ours / len(files) * 1000:.1f} ms a file, {megabytes / ours:.0f} MB/s"
    yield Measured(f"{len(files)} binaries examined, all processors", ours, "s", note=note)
    if gone := peers.missing():
        yield Measured(f"  peers not installed: {', '.join(gone)}", 0, "x", note="see requirements/oracles.txt")
        return
    named, told = (_peer_time(files, answers) for answers in (peers.named_answers, peers.all_answers))
    what = "  pefile + dnfile + signify, only names, types and signature"
    yield Measured(what, named / ours, "times as long", note=f"{named / len(files) * 1000:.0f} ms a file")
    what = "  share of their time, the same answers"
    note = f"they take {told / ours:.0f} times as long, {told / len(files) * 1000:.0f} ms a file"
    yield Measured(what, ours / told, "x", 1 / _TIMES_FASTER, note)


def _our_time(files: list[Path]) -> float:
    """Return the time of every file's whole examination: IL, machine code, capabilities and YARA too."""
    with Pool(Setup()) as pool:
        _examine(pool, files[: 4 * pool.count])
        return best_of(1, lambda: _examine(pool, files))


def _examine(pool: Pool, files: list[Path]) -> None:
    for path in files:
        pool.submit(str(path), path.read_bytes())
    for name, found in pool.results().items():
        assert found.anatomy is not None, name


def _peer_time(files: list[Path], answers: Callable[[Path], int]) -> float:
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(peers.warm, files[:8]))
        return best_of(1, lambda: sum(pool.map(answers, files, chunksize=4)))


def _host(files: list[Path]) -> Iterator[Measured]:
    """Yield the time of a scan, as a whole process, of a server with these files registered as native modules."""
    with tempfile.TemporaryDirectory() as folder:
        _write_host(Path(folder), files)
        megabytes = sum(path.stat().st_size for path in files) / 1e6
        seconds = min(scanned(folder) for _ in range(3))
    note = f"{megabytes:.0f} MB of modules"
    yield Measured(f"scan, whole process: {len(files)} registered modules", seconds, "s", _SECONDS, note)


def _write_host(folder: Path, files: list[Path]) -> None:
    evidence = dict(stock.stock_files())
    root = ET.fromstring(evidence[stock.APPHOST])
    registered = root.find("system.webServer/globalModules")
    enabled = root.find("location/system.webServer/modules")
    assert registered is not None
    assert enabled is not None
    for number, path in enumerate(files):
        image = join(_FOLDER, f"module{number:03}.dll")
        ET.SubElement(registered, "add", name=f"Module{number:03}", image=image)
        ET.SubElement(enabled, "add", name=f"Module{number:03}")
        evidence[image] = path.read_bytes()
    evidence[stock.APPHOST] = stock.to_bytes(root)
    for name, data in evidence.items():
        target = folder / "C" / name[3:].replace("\\", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
