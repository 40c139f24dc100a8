"""A server of 2,000 sites under watch: from a change to its alert, against looking at everything anew; and at rest."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.estates import estate
from benchmarks.measure import Measured, scanned

SITES = 2_000
ROUNDS = 6  # of each kind of change
IDLE_SECONDS = 20.0
_DEADLINE = 120.0
_HOST = "C/Windows/System32/inetsrv/config/applicationHost.config"
_HANDLER = b'<add name="Evil" path="*.x" verb="*" type="Evil.H, Evil" /></handlers>'


@dataclass(slots=True)
class _Watch:
    """A watch over a folder, and how long it took to tell of changes."""

    root: Path
    log: Path
    process: "subprocess.Popen[bytes]"
    seconds: dict[str, list[float]] = field(default_factory=dict)
    seen: int = 0

    def told(self, wanted: str) -> float:
        """Return when an alert that names something came; what comes before it is passed over."""
        deadline = time.perf_counter() + _DEADLINE
        while time.perf_counter() < deadline:
            data = self.log.read_bytes() if self.log.exists() else b""
            for line in data[self.seen :].splitlines(keepends=True):
                if not line.endswith(b"\n"):
                    break
                self.seen += len(line)
                if wanted in json.loads(line)["message"]:
                    return time.perf_counter()
            time.sleep(0.001)
        raise TimeoutError(f"no alert names {wanted}")

    def change(self, kind: str, do: Callable[[], object], wanted: str) -> None:
        """Change something, and keep how long it took until it was told."""
        begun = time.perf_counter()
        do()
        self.seconds.setdefault(kind, []).append(self.told(wanted) - begun)


def run() -> Iterator[Measured]:
    """Yield the figures; none of the sites is changed twice, so that nothing is known beforehand."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "server"
        for path, data in estate(SITES).items():
            file = root / path.replace(":", "").replace("\\", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        yield from _measured(folder, root)


def _measured(folder: Path, root: Path) -> Iterator[Measured]:
    whole = scanned(str(root), "--format", "json", "-o", str(folder / "r.json"), "--quiet")
    ends = ["--state", str(folder / "state"), "--to", f"file:{folder / 'alerts'}"]
    process = subprocess.Popen([sys.executable, "-m", "iisight", "watch", str(root), *ends])
    watch = _Watch(root, folder / "alerts", process)
    try:
        watch.told("watching")
        for number in range(ROUNDS):
            _changes(watch, number)
        every = [seconds for found in watch.seconds.values() for seconds in found]
        median = statistics.median(every)
        yield Measured(
            f"{SITES:,} sites watched: from a change to its alert, median of {len(every)}", median, "s", 0.25
        )
        yield Measured("  against a scan of everything, whole process", median / whole, "x")
        for kind, found in watch.seconds.items():
            yield Measured(f"  {kind}, median", statistics.median(found), "s")
        yield from _idle(process.pid)
    finally:
        process.kill()
        process.wait()


def _changes(watch: _Watch, number: int) -> None:
    root, site = watch.root, f"site{100 * number + 7:05}"
    config = root / "D/web" / site / "web.config"
    changed = config.read_bytes().replace(b"</handlers>", _HANDLER)
    watch.change("a web.config is appended to", lambda: config.write_bytes(changed), site)
    other = f"site{100 * number + 8:05}"
    module = root / "D/web" / other / "bin" / f"Dropped{number}.dll"
    module.parent.mkdir()
    image = next((root / "C/Windows/System32/inetsrv").glob("cach*.dll"))
    watch.change("a DLL is dropped into bin", lambda: shutil.copy(image, module), f"Dropped{number}.dll")
    host = root / _HOST
    text = host.read_bytes()
    added = f'<globalModules><add name="Added{number}" image="%windir%\\System32\\inetsrv\\{image.name}" />'.encode()
    text = text.replace(b"<globalModules>", added)
    watch.change("a module is added to applicationHost.config", lambda: host.write_bytes(text), f"Added{number}'")
    third = f"site{100 * number + 9:05}"
    start = text.index(f'<location path="{third}/part1">'.encode())
    spot = text.index(b"<handlers>", start) + len(b"<handlers>")
    mapped = text[:spot] + f'<add name="Mapped{number}" path="*.y" verb="*" type="A.B, C" />'.encode() + text[spot:]
    watch.change("a site's handlers in applicationHost.config", lambda: host.write_bytes(mapped), f"Mapped{number}'")
    time.sleep(2.0)


def _idle(process: int) -> Iterator[Measured]:
    """Yield what the watch and its workers take while nothing happens, once the last look at everything has ended."""
    time.sleep(1.0)
    last = -1.0
    while (used := _processor(process)) - last > 0.05 * 5:
        last = used
        time.sleep(5.0)
    before = _processor(process)
    time.sleep(IDLE_SECONDS)
    share = (_processor(process) - before) / IDLE_SECONDS
    yield Measured("  at rest, of one core", 100 * share, "%", 1.0)
    yield Measured("  at rest, memory of all its processes (PSS)", _memory(process), "MB", 120)


def _family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children")
    every = [process]
    for task in children.parent.parent.iterdir():
        for child in (task / "children").read_text().split():
            every += _family(int(child))
    return every


def _processor(process: int) -> float:
    """Return the seconds of processor time of a process and its children, those that have ended included."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in _family(process)]
    ticks = sum(sum(map(int, field[11:15])) for field in fields)
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory(process: int) -> float:
    total = 0
    for one in _family(process):
        lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000
