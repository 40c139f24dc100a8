"""Damage real files where readers look, millions of bytes of them, and watch the memory."""

import gc
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.pe.headers import CLR, View, read_headers
from tests.fuzz.targets import Target

MAX_SIZE = 4 * 1024 * 1024  # bytes; larger files are left out: they only make each round slower
MAX_GROWTH = 32.0  # megabytes, from the first quarter of the damage to its end
_HEADERS = 0x400
_SECURITY = 4  # IMAGE_DIRECTORY_ENTRY_SECURITY: an offset in the file, not an RVA
_METADATA = 8  # where the CLR header has the RVA and size of the metadata (ECMA-335 II.25.3.3)
_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF)

Edit = tuple[int, bytes]  # where, and what is written over it


@dataclass(slots=True)
class Damage:
    """What was done so far."""

    files: int = 0
    file_bytes: int = 0
    changed_bytes: int = 0
    worst: float = 0.0  # seconds of one target with one file
    worst_of: str = ""
    failures: dict[str, str] = field(default_factory=dict)  # the place of an error, and the target


def fuzz_files(
    targets: Sequence[Target], folder: Path, least: int, seed: int, save: Callable[[Target, bytes], Path]
) -> bool:
    """Damage files of a folder until `least` bytes were changed; tell whether a target broke or memory grew."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size <= MAX_SIZE)
    done, random = Damage(), Random(seed)
    before: float | None = None
    while done.changed_bytes < least:
        data = random.choice(paths).read_bytes()
        takers = [target for target in targets if target.takes(data)]
        if takers and data:
            _round(takers, data, random, done, save)
        if before is None and done.changed_bytes * 4 >= least:
            before = resident()
    return _report(done, before, resident())


def resident() -> float | None:
    """Return the megabytes of memory this process holds, what is garbage left out; None where it cannot be told."""
    import os

    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _round(
    targets: Sequence[Target], data: bytes, random: Random, done: Damage, save: Callable[[Target, bytes], Path]
) -> None:
    edits = list(_edits(data, random))
    damaged = _apply(data, edits)
    damaged = damaged[: random.randrange(len(damaged))] if random.random() < 0.03 else damaged
    if damaged == data:
        return
    done.files += 1
    done.file_bytes += len(damaged)
    done.changed_bytes += _differing(data, damaged)
    for target in targets:
        start = perf_counter()
        if (place := _failure(target, damaged)) and place not in done.failures:
            done.failures[place] = target.name
            _tell(target, data, edits, damaged, save)
        if (taken := perf_counter() - start) > done.worst:
            done.worst, done.worst_of = taken, target.name


def _edits(data: bytes, random: Random) -> Iterator[Edit]:
    """Yield a few changed bytes, or whole blocks, half of them in the tables."""
    spans = _spans(data)
    is_light = random.random() < 0.5
    for _ in range(random.choice((1, 1, 2, 4, 8)) if is_light else random.choice((1, 2, 4))):
        start, size = random.choice(spans) if random.random() < 0.7 else (0, len(data))
        at = min(start + random.randrange(max(1, size)), len(data) - 1)
        length = random.choice((1, 1, 2, 4)) if is_light else random.choice((64, 512, 4096, 16384))
        length = min(length, len(data) - at)
        extreme = random.random() < 0.3
        yield at, bytes([random.choice(_EXTREMES)]) * length if extreme else random.randbytes(length)


def _spans(data: bytes) -> list[tuple[int, int]]:
    """Return (offset, size) of headers and tables; of what is no PE, of the whole."""
    try:
        view = read_headers(data, Locator(""))
    except ParseError:
        return [(0, len(data))]
    tables = [(_offset(view, rva), size) for i, (rva, size) in enumerate(view.directories) if i != _SECURITY]
    clr = bytes(view.read(view.directory(CLR)[0] + _METADATA, 8))
    tables += [(_offset(view, int.from_bytes(clr[:4], "little")), int.from_bytes(clr[4:], "little"))] * 3
    spans = [(0, _HEADERS), view.directory(_SECURITY), *tables]
    return [(offset, min(size, len(data) - offset)) for offset, size in spans if size and 0 <= offset < len(data)]


def _offset(view: View, rva: int) -> int:
    return next((span.offset + rva - span.start for span in view.spans if span.start <= rva < span.end), -1)


def _apply(data: bytes, edits: Sequence[Edit]) -> bytes:
    damaged = bytearray(data)
    for at, new in edits:
        damaged[at : at + len(new)] = new
    return bytes(damaged)


def _differing(data: bytes, damaged: bytes) -> int:
    """Return how many bytes are not what they were; those cut off do not count."""
    size = len(damaged)
    both = int.from_bytes(data[:size], "little") ^ int.from_bytes(damaged, "little")
    return size - both.to_bytes(size, "little").count(0)


def _failure(target: Target, data: bytes) -> str:
    """Return the error that comes out of a target and where it was raised; empty when none does."""
    try:
        target.run(data)
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "iisight" in f.filename]
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        return f"{type(error).__name__} at {place}"
    return ""


def _tell(
    target: Target, data: bytes, edits: list[Edit], damaged: bytes, save: Callable[[Target, bytes], Path]
) -> None:
    """Print an error with the fewest edits that still bring it about."""
    place = _failure(target, damaged)
    if _failure(target, _apply(data, edits)) == place:
        for edit in list(edits):
            fewer = [other for other in edits if other is not edit]
            if _failure(target, _apply(data, fewer)) == place:
                edits = fewer
        damaged = _apply(data, edits)
    shown = ", ".join(f"{at:#x}: {new[:16].hex()}" for at, new in edits)
    print(f"{target.name}: {place}: {save(target, damaged)} ({shown})", file=sys.stderr)
    try:
        target.run(damaged)
    except Exception:
        traceback.print_exc()


def _report(done: Damage, before: float | None, after: float | None) -> bool:
    print(
        f"{done.files} damaged files of {done.file_bytes / 1e6:.0f} MB, {done.changed_bytes / 1e6:.1f} MB changed; "
        f"worst {done.worst:.1f} s ({done.worst_of}); errors: {len(done.failures)}"
    )
    if before is None or after is None:
        print("memory: not measured on this system")
        return bool(done.failures)
    print(f"memory: {before:.0f} MB after a quarter, {after:.0f} MB at the end (may grow by {MAX_GROWTH:.0f} MB)")
    return bool(done.failures) or after - before > MAX_GROWTH
