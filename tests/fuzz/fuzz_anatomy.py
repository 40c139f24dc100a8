"""Fuzz target of what lies below a PE file's headers; any coverage-guided runner can call `fuzz_one`."""

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.pe import is_pe
from iisight.parsers.pe.anatomy import read_anatomy
from iisight.workbench.pe import PeSpec, build


def fuzz_one(data: bytes) -> None:
    """Read the anatomy; only ParseError may come of it."""
    try:
        read_anatomy(data, Locator("fuzz"))
    except ParseError:
        return


def takes(data: bytes) -> bool:
    """Tell whether a real file is an image."""
    return is_pe(data)


def seeds() -> list[bytes]:
    """Return small files with imports, a version and sections."""
    imports = {"kernel32.dll": ("GetVersion", "#5"), "ws2_32.dll": ("#115",)}
    native = PeSpec(imports=imports, company="Contoso", file_version="1.0", sections=("UPX0:rwx",), timestamp=1)
    return [build(native), build(PeSpec(machine="x86", dll=False)) + b"overlay", build(PeSpec(managed=True))]
