"""Fuzz target of the decoding of native modules; any coverage-guided runner can call `fuzz_one`."""

from pathlib import Path

from iisight.examine.native import examine_native, follow
from iisight.examine.native.space import Space
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.parsers.pe.headers import read_headers
from iisight.workbench.pe import PeSpec, build

_STUBS = Path(__file__).parents[1] / "stubs/native"
_ENTRY_POINT = 40  # where it stands behind the PE signature
_EVERY = 20  # of hundreds of stubs
_NAMES = ("RegisterModule", "GetFilterVersion")


def fuzz_one(data: bytes) -> None:
    """Follow what IIS would call, or else the entry point as if it were that; only ParseError may come of it."""
    try:
        image = pe.parse(data, Locator("fuzz"))
        examine_native(data, image)
        if not any(image.exports_name(name) for name in _NAMES):
            _follow_entry(data)
    except ParseError:
        return


def takes(data: bytes) -> bool:
    """Tell whether a real file is an image."""
    return pe.is_pe(data)


def seeds() -> list[bytes]:
    """Return the compiled stubs, and images of the workbench."""
    built = [PeSpec(machine=machine, exports=_NAMES) for machine in ("x86", "x64")]
    return [*map(build, built), *(path.read_bytes() for path in sorted(_STUBS.rglob("*.dll"))[::_EVERY])]


def _follow_entry(data: bytes) -> None:
    """Real files do not ask IIS for anything; any code of theirs will do."""
    view = read_headers(data, Locator("fuzz"))
    start = int.from_bytes(data[0x3C:0x40], "little") + _ENTRY_POINT
    space = Space(view)
    for name in _NAMES:
        follow(space, name, space.base + int.from_bytes(data[start : start + 4], "little"))
