"""The rows of an applicationHost.config that make IIS load code, and how two such files differ in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from iisight.evidence import paths
from iisight.inventory.config import declarations, records
from iisight.inventory.config.build import Server
from iisight.inventory.discovery import Role
from iisight.inventory.inventory import Inventory
from iisight.model.config import Document, Element
from iisight.model.locator import Locator

MAX_ROWS = 100_000  # rows of one file; an Exchange server has about 400
_MAX_SHOWN = 80  # characters of a name

_COLLECTIONS = {  # section: the attribute that names a row, those that say what it loads or allows
    "system.webServer/globalModules": ("name", ("image",)),
    "system.webServer/modules": ("name", ("type",)),
    "system.webServer/isapiFilters": ("name", ("path",)),
    "system.webServer/handlers": ("name", ("type", "scriptProcessor", "modules")),
    "system.webServer/security/isapiCgiRestriction": ("path", ("allowed",)),
}
_NO_ENTRY = frozenset({"remove", "clear"})
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row that registers code. `key` is equal in two files that say the same."""

    key: Key
    section: str  # without its group: `globalModules`
    location: str  # path of the location tag; empty for the server
    name: str
    value: str  # image or type as written
    locator: Locator

    def __str__(self) -> str:
        """Return `globalModules 'Name'`, with the location unless it is the server's."""
        place = f" of {_short(self.location)}" if self.location else ""
        return f"{self.section} '{_short(self.name)}'{place}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What only one of two files registers."""

    copy: tuple[Row, ...]  # in the copy alone
    in_force: tuple[Row, ...]  # in the file in force alone

    def __bool__(self) -> bool:
        """Tell whether the files differ."""
        return bool(self.copy or self.in_force)


def difference(copy: Document, server: Server) -> Difference:
    """Return how the code registrations of a copy differ from those of the server's applicationHost.config."""
    theirs = rows(copy, server)
    ours = {} if server.apphost is None else rows(server.apphost, server)
    return Difference(
        tuple(row for key, row in theirs.items() if key not in ours),
        tuple(row for key, row in ours.items() if key not in theirs),
    )


def rows(document: Document, server: Server) -> dict[Key, Row]:
    """Return the rows of a file that register code, in document order."""
    found: dict[Key, Row] = {}
    for row in islice(_rows(document, server), MAX_ROWS):
        found.setdefault(row.key, row)
    return found


def _rows(document: Document, server: Server) -> Iterator[Row]:
    for record in records.split(document, declarations.stock(), 2, lambda *_: None):
        named = _COLLECTIONS.get(record.section)
        for element in record.element.children if named else ():
            if named and element.name not in _NO_ENTRY:
                yield _row(record, element, *named, server)


def _row(record: records.Record, element: Element, name: str, values: tuple[str, ...], server: Server) -> Row:
    section = record.section.rpartition("/")[2]
    texts = [server.expand(element.get(value)) for value in values]
    said = [paths.fold(text) if "\\" in text else text.lower() for text in texts]
    named = server.expand(element.get(name))
    return Row(
        key=(section, record.location.casefold(), named.casefold(), *said),
        section=section,
        location=record.location,
        name=named,
        value=next((text for text in texts if text), ""),
        locator=record.document.at(element),
    )


def named(difference_rows: Iterable[Row], most: int) -> str:
    """Return the names of the first rows, and how many more there are."""
    every = list(difference_rows)
    rest = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(str(row) for row in every[:most]) + rest


def server_in_force(inventory: Inventory, beside: str) -> Server | None:
    """Return the server whose applicationHost.config IIS reads: that of the drive of `beside`, else the first."""
    read = {paths.fold(document.path) for role, document in inventory.documents if role == Role.IN_FORCE}
    servers = [s for s in inventory.servers if s.apphost is not None and paths.fold(s.apphost.path) in read]
    local = (s for s in servers if s.config_folder and s.config_folder[:1].lower() == beside[:1].lower())
    return next(local, servers[0] if servers else None)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"
