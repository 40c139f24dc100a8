"""What pefile says of a file's tables."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from unittest.mock import patch

from iisight.model.examination import Anatomy
from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.parsers.pe.anatomy import read_anatomy
from iisight.parsers.pe.headers import MAX_NAME
from tests.oracles.comparison import Comparison, listing

_DIRECTORIES = ("IMPORT", "DELAY_IMPORT", "EXPORT", "RESOURCE", "DEBUG", "TLS")
_MANY = 0x10000
_FIELDS = {
    b"CompanyName": "company",
    b"ProductName": "product",
    b"FileDescription": "description",
    b"OriginalFilename": "original_name",
    b"InternalName": "internal_name",
    b"FileVersion": "file_version",
    b"ProductVersion": "product_version",
    b"LegalCopyright": "copyright",
}
_ENGLISH = (b"040904b0", b"040904e4")


def compare(data: bytes) -> Iterator[Comparison]:
    """Yield both answers on tables and version, and on what lies below the headers."""
    import pefile

    theirs = pefile.PE(data=data, fast_load=True, max_symbol_exports=_MANY)
    # With its own 8,192 symbols of 512 bytes it stops at the modules of large frameworks.
    with patch.multiple(
        pefile, MAX_IMPORT_SYMBOLS=_MANY, MAX_SYMBOL_NAME_LENGTH=MAX_NAME, MAX_IMPORT_NAME_LENGTH=MAX_NAME
    ):
        theirs.parse_data_directories([pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{n}"] for n in _DIRECTORIES])
    ours = pe.parse(data, Locator(""))
    anatomy, _ = read_anatomy(data, Locator(""))
    version = {} if ours.version is None else asdict(ours.version)
    yield Comparison("pefile", "imphash", anatomy.imphash, theirs.get_imphash())
    exports = listing(f"{e.ordinal} {e.name or ''} {e.forward or ''}" for e in ours.exports)
    yield Comparison("pefile", "exports", exports, listing(_exports(theirs)))
    imports = listing(f"{dll}!{function}" for dll, functions in ours.imports for function in functions)
    yield Comparison("pefile", "imports", imports, listing(_imports(theirs)))
    yield Comparison("pefile", "version", _named(version), _named(_version(theirs)))
    yield from _compare_anatomy(anatomy, theirs)


def _compare_anatomy(anatomy: Anatomy, image: Any) -> Iterator[Comparison]:
    entropy = listing(f"{section.get_entropy():.2f}" for section in image.sections)
    yield Comparison("pefile", "entropy", listing(f"{section.entropy:.2f}" for section in anatomy.sections), entropy)
    rich = (image.parse_rich_header() or {}).get("values", ())
    entries = [number for entry in anatomy.rich for number in (entry.product << 16 | entry.build, entry.count)]
    yield Comparison("pefile", "Rich header", str(entries), str(list(rich)))
    yield Comparison("pefile", "symbols", anatomy.pdb, next(_pdbs(image), ""))
    checksum = image.verify_checksum() if image.OPTIONAL_HEADER.CheckSum else None
    yield Comparison("pefile", "checksum", str(anatomy.checksum_fits), str(checksum))
    sizes = [leaf.data.struct.Size for leaf in _leaves(getattr(image, "DIRECTORY_ENTRY_RESOURCE", None), 2)]
    yield Comparison("pefile", "resources", listing(r.size for r in anatomy.resources), listing(sizes))


def _pdbs(image: Any) -> Iterator[str]:
    for entry in getattr(image, "DIRECTORY_ENTRY_DEBUG", ()):
        if name := getattr(entry.entry, "PdbFileName", None):
            yield name.rstrip(b"\0").decode("utf-8", "replace")


def _leaves(directory: Any, depth: int) -> Iterator[Any]:
    """Yield the leaves of a resource tree, which are on its third level."""
    for entry in getattr(directory, "entries", ()):
        if depth and hasattr(entry, "directory"):
            yield from _leaves(entry.directory, depth - 1)
        elif not depth and hasattr(entry, "data"):
            yield entry


def _exports(image: Any) -> Iterator[str]:
    for symbol in getattr(getattr(image, "DIRECTORY_ENTRY_EXPORT", None), "symbols", ()):
        yield f"{symbol.ordinal} {_text(symbol.name)} {_text(symbol.forwarder)}"


def _imports(image: Any) -> Iterator[str]:
    for table in ("DIRECTORY_ENTRY_IMPORT", "DIRECTORY_ENTRY_DELAY_IMPORT"):
        for dll in getattr(image, table, ()):
            for function in dll.imports:
                name = f"#{function.ordinal}" if function.import_by_ordinal else _text(function.name)
                yield f"{_text(dll.dll)}!{name}"


def _version(image: Any) -> dict[str, str]:
    """Return the strings of the English table, or of the first."""
    tables: dict[bytes, dict[bytes, bytes]] = {
        table.LangID.lower(): table.entries
        for infos in getattr(image, "FileInfo", None) or ()
        for info in infos
        for table in getattr(info, "StringTable", ())
    }
    entries = next((tables[key] for key in _ENGLISH if key in tables), next(iter(tables.values()), {}))
    return {_FIELDS[key]: value.decode("utf-8", "replace") for key, value in entries.items() if key in _FIELDS}


def _named(version: Mapping[str, str | None]) -> str:
    kept = {name: (text or "").strip("\0 \t\r\n") for name, text in version.items()}
    return listing(f"{name}={text}" for name, text in kept.items() if text)


def _text(name: bytes | None) -> str:
    return "" if name is None else name.decode("latin-1")
