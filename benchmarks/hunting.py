"""Event logs: the hunt against a full parse by the `evtx` package that gives every record to the same rules."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.logs import HEADER, make
from benchmarks.measure import Measured

MEGABYTES = 512
_TIMES = 4  # the length at which processes are compared
_START_UP = 1  # MiB of a log that measures the start alone


def run(megabytes: int = MEGABYTES) -> Iterator[Measured]:
    """Yield the figures."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder, "small.evtx")
        make(small, _START_UP, 1e-4)
        bare = min(_hunt(small)[0] for _ in range(5))
        yield Measured("hunt through 1 MiB, whole process", bare * 1000, "ms", None, "start-up within")
        for share, bound in ((0.01, 1 / 8), (0.09, None)):
            log = Path(folder, f"{share}.evtx")
            make(log, megabytes, share)
            yield from _of(log, f"{megabytes} MiB, {share:.0%} of it relevant", bound)
            yield from _shared(log)
            log.unlink()


def _of(log: Path, what: str, bound: float | None) -> Iterator[Measured]:
    size = log.stat().st_size / 1e6
    peer, there = _peer(log)
    one, memory, found = _hunt(log, "--workers", "1")
    assert found == there, f"{found} records against {there} of the full parse"
    yield Measured(f"hunt, {what}, one process", size / one, "MB/s", None, f"{one:.2f} s")
    yield Measured("  its time against the full parse", one / peer, "x", bound, f"full parse: {size / peer:.0f} MB/s")
    yield Measured("  its peak memory", memory, "MB", 200)


def _shared(log: Path) -> Iterator[Measured]:
    """Yield what two processes gain on a log of four times that length."""
    long = log.with_suffix(".long")
    with long.open("wb") as file:
        for number in range(_TIMES):
            with log.open("rb") as chunks:
                chunks.seek(HEADER if number else 0)
                shutil.copyfileobj(chunks, file, HEADER)  # little at once: what is read here counts as their memory
    size = long.stat().st_size / 1e6
    one, two = (_hunt(long, "--workers", number) for number in ("1", "2"))
    assert one[2] == two[2], f"{two[2]} records against {one[2]} of one process"
    note = f"{size / one[0]:.0f} and {size / two[0]:.0f} MB/s"
    yield Measured(f"  {size / 1e3:.1f} GB: two processes against one", two[0] / one[0], "x", 1 / 1.7, note)
    yield Measured("  peak memory of the largest of the three", two[1], "MB", 200 / 3)
    long.unlink()


def _hunt(log: Path, *options: str) -> tuple[float, float, int]:
    """Return seconds, peak megabytes of the largest process, and the commands that were found."""
    command = [sys.executable, "-m", "iisight", "hunt", str(log), "--timeline", "--format", "ndjson", *options]
    with tempfile.TemporaryFile() as output:
        start = perf_counter()
        process = subprocess.Popen(command, stdout=output)
        _, _, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - start
        output.seek(0)
        return seconds, usage.ru_maxrss / 1024, sum(b"appcmd" in line for line in output)


def _peer(log: Path) -> tuple[float, int]:
    """Return the seconds of a full parse by the `evtx` package with the same rules, and the commands it finds."""
    code = (
        "import sys, evtx\n"
        "from iisight.engine.listening import listen\n"
        "from iisight.engine.registry import all_rules\n"
        "from iisight.engine.settings import Settings\n"
        "from iisight.engine.sigma_rules import shipped\n"
        "from iisight.model.locator import Locator\n"
        "from iisight.parsers.record_json import event_of_json\n"
        "from iisight.telemetry.search import Search\n"
        "from iisight.telemetry.sift import Sifter\n"
        "sifter, place = Sifter(Search(shipped())), Locator(sys.argv[1])\n"
        "events = (event_of_json(r['data'], place) for r in evtx.PyEvtxParser(sys.argv[1]).records_json())\n"
        "told = (a for e in events if e is not None and (a := sifter.activity(e)) is not None)\n"
        "print(len(listen(told, all_rules(), Settings(), [])))\n"
    )
    start = perf_counter()
    done = subprocess.run([sys.executable, "-c", code, str(log)], check=True, capture_output=True, text=True)
    return perf_counter() - start, int(done.stdout)
