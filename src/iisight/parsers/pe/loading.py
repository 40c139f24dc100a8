"""What a PE file asks of the loader: TLS callbacks and the load configuration."""

import struct
from dataclasses import dataclass

from iisight.parsers.pe.headers import View
from iisight.parsers.pe.layout import LOAD_CONFIG, TLS

MAX_CALLBACKS = 256

_GUARD_FLAGS = (0x58, 0x90)  # where they stand in IMAGE_LOAD_CONFIG_DIRECTORY32 and 64
_GUARD_CF = 0x100  # IMAGE_GUARD_CF_INSTRUMENTED


@dataclass(frozen=True, slots=True)
class LoadConfig:
    """The fields of the load configuration that are asked for."""

    stamp: int = 0
    has_guard_cf: bool = False


def count_callbacks(view: View, notes: list[str]) -> int:
    """Count the functions that run before the entry point, at each start of a thread too."""
    rva, _ = view.directory(TLS)
    if not rva:
        return 0
    code, size = ("Q", 8) if view.image.is_64bit else ("I", 4)
    directory = view.read(rva, 4 * size)
    if len(directory) < 4 * size:
        notes.append(f"the TLS directory at RVA {rva:#x} cannot be read")
        return 0
    address = struct.unpack_from(f"<{code}", directory, 3 * size)[0]
    raw = view.read(address - view.base, (MAX_CALLBACKS + 1) * size) if address else view.data[:0]
    callbacks = [function for (function,) in struct.iter_unpack(f"<{code}", raw[: len(raw) // size * size])]
    count = callbacks.index(0) if 0 in callbacks else len(callbacks)
    if count > MAX_CALLBACKS:
        notes.append(f"TLS callbacks: only the first {MAX_CALLBACKS} are counted")
    return min(count, MAX_CALLBACKS)


def read_load_config(view: View) -> LoadConfig:
    """Read the load configuration; what an older one does not have yet is not set."""
    rva, _ = view.directory(LOAD_CONFIG)
    at = _GUARD_FLAGS[view.image.is_64bit]
    raw = view.read(rva, at + 4) if rva else view.data[:0]
    if len(raw) < 8:
        return LoadConfig()
    size, stamp = struct.unpack_from("<II", raw)
    there = len(raw) >= at + 4 and size >= at + 4
    return LoadConfig(stamp, there and bool(struct.unpack_from("<I", raw, at)[0] & _GUARD_CF))
