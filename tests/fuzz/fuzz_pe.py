"""Fuzz target of the PE reader; any coverage-guided runner can call `fuzz_one`."""

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.parsers.pe.clr import assembly_facts
from iisight.workbench.pe import PeSpec, build


def fuzz_one(data: bytes) -> None:
    """Read the bytes as an image; only ParseError may come of it, and of the metadata nothing at all."""
    assembly_facts(data)
    try:
        pe.parse(data, Locator("fuzz"))
    except ParseError:
        return


def takes(data: bytes) -> bool:
    """Tell whether a real file is an image."""
    return pe.is_pe(data)


def seeds() -> list[bytes]:
    """Return small files that reach every table."""
    native = PeSpec(
        exports=("RegisterModule", "Old=OTHER.New"),
        imports={"kernel32.dll": ("GetVersion", "#5")},
        company="Contoso",
        file_version="1.0",
        sections=("X:rwx",),
    )
    managed = PeSpec(
        managed=True,
        assembly="Contoso",
        public_key=bytes(16),
        types=(("A.B", "System.Object", ("System.Web.IHttpModule",)),),
        assembly_attributes=("System.Web.PreApplicationStartMethodAttribute",),
    )
    return [build(native), build(PeSpec(machine="x86", dll=False)), build(managed)]
