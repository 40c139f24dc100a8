"""Fuzz target of .NET metadata and IL; any coverage-guided runner can call `fuzz_one`."""

from pathlib import Path

from iisight.parsers.pe import is_pe
from iisight.parsers.pe.clr import assembly_facts, examine_assembly
from iisight.workbench.pe import PeSpec, build

_STUBS = Path(__file__).parents[1] / "stubs/managed"


def fuzz_one(data: bytes) -> None:
    """Read the assembly; nothing may come of it."""
    assembly_facts(data)
    examine_assembly(data)


def takes(data: bytes) -> bool:
    """Tell whether a real file is a managed image."""
    return is_pe(data) and b"BSJB" in data


def seeds() -> list[bytes]:
    """Return the compiled stubs, and an image of the workbench."""
    types = (("A.B", "System.Object", ("System.Web.IHttpModule",)),)
    built = PeSpec(managed=True, assembly="Contoso", public_key=bytes(16), types=types)
    return [build(built), *(path.read_bytes() for path in sorted(_STUBS.glob("*.dll")))]
