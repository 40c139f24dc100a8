r"""Security descriptors as text: SDDL in tables of `Get-Acl`, `icacls /save`, and what `icacls` prints."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from iisight.model.acl import Acl
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.acl.icacls import parse_icacls
from iisight.parsers.acl.sddl import parse_sddl

VERSION = 1
MAX_ROWS = 500_000
_PROVIDER = "::"  # of PowerShell: `Microsoft.PowerShell.Core\FileSystem::C:\Windows`
_HIVES = {"hkey_local_machine\\": "HKLM\\", "hklm:\\": "HKLM\\", "machine\\": "HKLM\\"}
_SAVED_BELOW = {"inetsrv": r"C:\Windows\System32", "inetpub": "C:", "windows": "C:", "wwwroot": r"C:\inetpub"}
"""Where well-known folders lie: `icacls <folder> /save` names them without what is above."""


def parse_acls(data: bytes, locator: Locator) -> Iterator[Acl | Gap]:
    """Yield the descriptors of an export by its content, and what of it could not be read."""
    text = _decode(data)
    lines = text.splitlines()
    header = next((n for n, line in enumerate(lines[:5]) if "sddl" in line.lower() and "path" in line.lower()), None)
    if header is not None:
        yield from _table("\n".join(lines[header:]), locator)
    elif any(_is_descriptor(line) for line in lines[1:2]):
        yield from _saved(lines, locator)
    elif any("\t" in line and _is_descriptor(line.rpartition("\t")[2]) for line in lines[:1]):
        yield from (_read(line.partition("\t"), n, locator) for n, line in enumerate(lines[:MAX_ROWS], 1) if line)
    else:
        yield from parse_icacls(text, locator)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[1:2] == b"\0":  # `icacls /save` writes UTF-16 without a mark
        return data.decode("utf-16-le", "replace")
    return data.decode("utf-8-sig", "replace")


def _is_descriptor(text: str) -> bool:
    return text.lstrip()[:2] in {"O:", "D:", "G:", "S:"}


def _table(text: str, locator: Locator) -> Iterator[Acl | Gap]:
    """Yield the rows of a CSV with a path and an SDDL column; `Sacl` says whether the SACL was asked for too.

    SDDL leaves out a SACL that is not there, as it does one that was not asked for.
    """
    reader = csv.reader(io.StringIO(text))
    header = [name.strip().lower() for name in next(reader, [])]
    places = [header.index(name) for name in ("path", "pspath") if name in header]
    if "sddl" not in header or not places:
        yield Gap(GapKind.MALFORMED, locator.path, "expected columns Path and Sddl")
        return
    try:
        for number, row in enumerate(reader, 2):
            if number > MAX_ROWS:
                yield Gap(GapKind.REFUSED, locator.path, f"more than {MAX_ROWS:,} rows; the rest is not read")
                return
            if len(row) == len(header):
                read = _read((row[places[0]], "", row[header.index("sddl")]), number, locator)
                asked = "sacl" in header and row[header.index("sacl")].strip().lower() in {"true", "1"}
                yield replace(read, audits=()) if asked and isinstance(read, Acl) and read.audits is None else read
            elif row:
                yield Gap(GapKind.MALFORMED, f"{locator.path}:{number}", "a row with another number of columns")
    except csv.Error as error:
        yield Gap(GapKind.MALFORMED, locator.path, f"not a table: {error}")


def _saved(lines: list[str], locator: Locator) -> Iterator[Acl | Gap]:
    """Yield what `icacls /save` keeps: a name in one line, its list in the next."""
    for number in range(0, min(len(lines) - 1, MAX_ROWS), 2):
        name, text = lines[number].strip(), lines[number + 1]
        top = name.partition("\\")[0].lower()
        if ":" not in name and not name.startswith("\\\\"):
            if top not in _SAVED_BELOW:
                yield Gap(GapKind.UNRESOLVED, name, f"{locator.path} does not tell in which folder it lies")
                continue
            name = f"{_SAVED_BELOW[top]}\\{name}"
        yield _read((name, "", text), number + 1, locator)


def _read(row: tuple[str, str, str], number: int, locator: Locator) -> Acl | Gap:
    place = Locator(locator.path, number, origin=locator.origin)
    try:
        return parse_sddl(row[2], to_windows(row[0]), place)
    except ParseError as error:
        return Gap(GapKind.MALFORMED, str(place), error.message)


def to_windows(path: str) -> str:
    r"""Return a path of PowerShell's providers as a Windows path, or as a key below `HKLM`."""
    bare = path.strip().rpartition(_PROVIDER)[2]
    for prefix, hive in _HIVES.items():
        if bare.lower().startswith(prefix):
            return hive + bare[len(prefix) :]
    return bare


__all__ = ["parse_acls", "parse_icacls", "parse_sddl", "to_windows"]
