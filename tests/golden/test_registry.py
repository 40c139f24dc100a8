"""What the reader of hives says of a few built ones; `python -m tests.golden.test_registry` writes it anew."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from iisight.model.errors import ParseError
from iisight.parsers.registry import Hive, HiveRegistry, recover
from iisight.workbench.hives import write
from iisight.workbench.stock_registry import hive_files, stock_keys
from tests.builders.registry import KEYS, SYSTEM

FOLDER = Path(__file__).parent / "registry"
DAMAGED = write(KEYS).replace(b"vk\x09\x00", b"vk\xff\xff", 1)
HIVES = {
    "every_type": write(KEYS),
    "lists_of_lists": write(KEYS, kind=b"ri"),
    "damaged": DAMAGED,
    "stock_system": dict(hive_files(stock_keys()))[r"C:\Windows\System32\config\SYSTEM"],
}


def told(hive: bytes) -> Iterator[str]:
    """Yield lines that a person can check."""
    found = recover(hive, ())
    yield f"sha256 {hashlib.sha256(hive).hexdigest()}, dirty: {found.is_dirty}"
    yield from _key(HiveRegistry({r"HKLM\SYSTEM": Hive(found.data, SYSTEM)}), r"HKLM\SYSTEM")


def _key(registry: HiveRegistry, path: str) -> Iterator[str]:
    try:
        key = registry.key(path)
    except ParseError as error:
        yield f"{path}: {error}"
        return
    if key is None:
        yield f"{path}: none"
        return
    yield f"{path} +{key.locator.offset or 0:#x} written {key.written}, lost {key.lost}"
    for value in key.values:
        yield f"  '{value.name}' type {value.type} +{value.locator.offset or 0:#x} {str(value.data)[:80]!r}"
    for name in key.subkeys:
        if path.count("\\") < 8:
            yield from _key(registry, f"{path}\\{name}")


@pytest.mark.parametrize("name", HIVES)
def test_what_is_read_is_what_was_written_down(name: str) -> None:
    assert list(told(HIVES[name])) == (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()


if __name__ == "__main__":
    for key_name, data in HIVES.items():
        (FOLDER / f"{key_name}.txt").write_text("\n".join(told(data)) + "\n", encoding="utf-8", newline="\n")
