"""Fuzz target of the reader of registry hives; any coverage-guided runner can call `fuzz_one`."""

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.registry import Hive, HiveRegistry, is_hive, recover
from iisight.workbench.hives import write, write_log, write_old_log
from tests.builders.registry import KEYS

MAX_KEYS = 300
_SPLIT = b"--log--"


def fuzz_one(data: bytes) -> None:
    """Read the bytes as a hive, and what stands behind a mark as its log; only ParseError may come of it."""
    image, _, log = data.partition(_SPLIT)
    recovered = recover(image, [log])
    try:
        registry = HiveRegistry({r"HKLM\SYSTEM": Hive(recovered.data, Locator("fuzz"))})
    except ParseError:
        return
    pending = [r"HKLM\SYSTEM", r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC"]
    for _ in range(MAX_KEYS):
        if not pending:
            return
        path = pending.pop()
        try:
            key = registry.key(path)
        except ParseError:
            continue
        if key is not None:
            assert len({name.upper() for name in key.subkeys}) == len(key.subkeys)
            pending.extend(f"{path}\\{name}" for name in key.subkeys[:MAX_KEYS] if "\\" not in name)


def takes(data: bytes) -> bool:
    """Tell whether a real file is a hive."""
    return is_hive(data)


def seeds() -> list[bytes]:
    """Return small hives, clean and with logs of both formats."""
    few = {path: {n: v for n, v in values.items() if n != "Note"} for path, values in KEYS.items()}
    dirty = write({"Select": {"Current": 1}}, sequences=(8, 7))
    page = dirty[4096:8192]
    sector = {0: dirty[4096:4608]}
    return [
        write(few),
        write(few, kind=b"ri"),
        dirty + _SPLIT + write_log(dirty, [(7, {0: page})]),
        dirty + _SPLIT + write_old_log(dirty, sector),
    ]


def tokens() -> list[bytes]:
    """Return pieces that mean something in a hive."""
    return [b"regf", b"hbin", b"nk", b"vk", b"lf", b"lh", b"li", b"ri", b"db", b"sk", b"HvLE", b"DIRT", b"\xff" * 4]
