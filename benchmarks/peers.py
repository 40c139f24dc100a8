"""The libraries one would take instead to tell what a binary is: pefile, dnfile and signify. Each is optional."""

import io
import logging
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NAMES = ("pefile", "dnfile", "signify")
_DIRECTORIES = ("IMPORT", "DELAY_IMPORT", "EXPORT", "RESOURCE")
_FURTHER = ("DEBUG", "TLS", "LOAD_CONFIG")
_CLR = 14  # IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR
_TABLES = ("TypeDef", "InterfaceImpl", "TypeRef", "AssemblyRef", "MemberRef", "CustomAttribute")


def missing() -> list[str]:
    """Return the names of the peers that are not installed."""
    return [name for name in NAMES if find_spec(name) is None]


def warm(path: Path) -> None:
    """Import everything, so that no measurement pays for it."""
    for answers in (named_answers, all_answers):
        answers(path)


def named_answers(path: Path) -> int:
    """Answer what has names: imports, exports, imphash, version, resources; types and references; the signature."""
    data = path.read_bytes()
    image = _image(data, _DIRECTORIES)
    return _names(image) + _assembly(image, data) + _signature(data)


def all_answers(path: Path) -> int:
    """Answer what iisight's anatomy has too: entropy, Rich header, symbols, TLS, load configuration, checksum."""
    data = path.read_bytes()
    image = _image(data, _DIRECTORIES + _FURTHER)
    image.parse_rich_header()
    image.get_overlay_data_start_offset()
    image.verify_checksum()
    entropy = sum(section.get_entropy() > 7 for section in image.sections)
    return int(entropy) + _names(image) + _assembly(image, data) + _signature(data)


def _image(data: bytes, directories: tuple[str, ...]) -> Any:
    """Let pefile read these tables and no others: far faster than what it does by itself."""
    import pefile

    image = pefile.PE(data=data, fast_load=True)
    numbers = [pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{name}"] for name in directories]
    image.parse_data_directories(directories=numbers)
    return image


def _names(image: Any) -> int:
    found = [image.get_imphash()]
    for table in ("DIRECTORY_ENTRY_IMPORT", "DIRECTORY_ENTRY_DELAY_IMPORT"):
        found += [function.name for dll in getattr(image, table, ()) for function in dll.imports]
    found += [symbol.name for symbol in getattr(getattr(image, "DIRECTORY_ENTRY_EXPORT", None), "symbols", ())]
    for infos in getattr(image, "FileInfo", None) or ():
        found += [
            text for info in infos for table in getattr(info, "StringTable", ()) for text in table.entries.items()
        ]
    return len(found)


def _assembly(image: Any, data: bytes) -> int:
    directories = image.OPTIONAL_HEADER.DATA_DIRECTORY
    if len(directories) <= _CLR or not directories[_CLR].VirtualAddress:
        return 0
    import dnfile

    logging.getLogger("dnfile").setLevel(logging.CRITICAL)  # it complains of blobs that it does not need here
    assembly = dnfile.dnPE(data=data, fast_load=True)
    assembly.parse_data_directories(directories=[_CLR])
    tables = getattr(assembly.net, "mdtables", None)
    counts = Counter({name: len(getattr(tables, name, None) or ()) for name in _TABLES})
    return counts.total()


def _signature(data: bytes) -> int:
    from tests.oracles.oscrypto_shim import import_oscrypto

    import_oscrypto()
    from signify.authenticode import AuthenticodeFile

    try:
        return int(AuthenticodeFile.from_stream(io.BytesIO(data), "file.dll").explain_verify()[0].value)
    except Exception:  # signify lets IndexError, struct.error and others out
        return 0
