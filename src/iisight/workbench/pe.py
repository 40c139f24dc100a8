"""Build executable files that are well-formed and inert: every function of theirs only returns zero.

They stand in tests and on the pages of rules for what the rules judge by headers, names and metadata alone.
"""

import struct

from iisight.workbench import pe_layout as layout
from iisight.workbench.clr_image import put_clr
from iisight.workbench.native_code import code_of, read_masks
from iisight.workbench.pe_layout import Headers, Part, Region
from iisight.workbench.pe_spec import PeSpec, spec_from_mapping
from iisight.workbench.pe_tables import Functions, put_debug, put_exports, put_imports, put_version

__all__ = ["PeSpec", "build", "spec_from_mapping"]

_RETURN_ZERO = {
    "x86": bytes.fromhex("31c0c3"),  # xor eax, eax; ret
    "x64": bytes.fromhex("31c0c3"),
    "arm64": bytes.fromhex("00008052c0035fd6"),  # mov w0, #0; ret
}
_VERSION_KEYS = (
    *("company", "product", "description", "original_name", "internal_name"),
    *("file_version", "product_version", "copyright"),
)


def build(spec: PeSpec) -> bytes:
    """Return the file; the same spec gives the same bytes. ValueError for what no PE file can hold."""
    if not spec.managed and (spec.assembly or spec.public_key or spec.types or spec.assembly_attributes):
        raise ValueError("an assembly's name, key, types and attributes need `managed`")
    try:
        return layout.write_image(*_image(spec))
    except struct.error as error:
        raise ValueError(f"a field of the file is too small for what it shall hold: {error}") from error


def _image(spec: PeSpec) -> tuple[Headers, list[Part]]:
    """Return headers and sections."""
    wide = layout.is_64bit(spec.architecture)
    code, data = Region(layout.PAGE), Region(2 * layout.PAGE)
    function = code.put(_RETURN_ZERO[spec.architecture])
    functions = _put_functions(code, spec)
    directories = _put_tables(data, spec, Functions(function, functions), wide=wide)
    for text in (*(s.encode() + b"\0" for s in spec.strings), *map(_wide, spec.wide_strings)):
        data.put(text)
    parts = [Part(".text", "rx", code), Part(".rdata", "r", data)]
    texts = {key: text for key in _VERSION_KEYS if (text := getattr(spec, key)) is not None}
    if texts:
        resources = Region(data.end)
        directories[layout.RESOURCE] = put_version(resources, texts, dll=spec.dll)
        parts.append(Part(".rsrc", "r", resources))
    for section in spec.sections:
        name, _, access = section.partition(":")
        parts.append(Part(name, access or "r", Region(parts[-1].region.end, bytearray(16))))
    # A DLL needs no entry point. A program has one: without, Windows would begin at its headers.
    entry = 0 if spec.dll else function
    return Headers(spec.architecture, spec.dll, spec.timestamp, entry, directories), parts


def _put_functions(code: Region, spec: PeSpec) -> dict[str, int]:
    """Write the functions that ask for something; return their RVAs by exported name."""
    codes = code_of(spec.architecture, read_masks(spec.notifications, spec.priority), spec.priority)
    plain = {export: export.lstrip("_").partition("@")[0] for export in spec.exports}
    missing = codes.keys() - plain.values()
    if missing:
        raise ValueError(f"notifications need the export {', '.join(sorted(missing))}")
    return {export: code.put(codes[name], 16) for export, name in plain.items() if name in codes}


def _put_tables(data: Region, spec: PeSpec, functions: Functions, *, wide: bool) -> dict[int, tuple[int, int]]:
    """Write what .rdata holds beside strings; return the data directories."""
    directories = {}
    if spec.exports:
        name = spec.original_name or spec.internal_name or "inert.dll"
        directories[layout.EXPORT] = put_exports(data, spec.exports, functions, name)
    if spec.imports:
        places = put_imports(data, spec.imports, wide=wide)
        directories[layout.IMPORT], directories[layout.IMPORT_ADDRESSES] = places
    if spec.pdb:
        directories[layout.DEBUG] = put_debug(data, spec.pdb)
    if spec.managed:
        directories[layout.CLR] = put_clr(data, spec)
    return directories


def _wide(text: str) -> bytes:
    """Return a text as Windows' wide strings are."""
    return (text + "\0").encode("utf-16-le")
