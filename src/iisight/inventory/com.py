"""COM classes: from the name a configuration gives (ProgID or CLSID) to the DLL that is loaded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from iisight.evidence import paths
from iisight.inventory.registry import SOFTWARE, Asked
from iisight.model.registry import Key, Value

_ROOTS = (rf"{SOFTWARE}\Classes", rf"{SOFTWARE}\Classes\Wow6432Node")
_CLSID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")
_MAX_FOLLOWED = 4  # TreatAs or CurVer
_NAME = re.compile(r"[^\\/\x00-\x1f]{1,255}")
_FILE_URL = re.compile(r"^file:/{0,3}", re.IGNORECASE)
_MANAGED = "mscoree.dll"


@dataclass(frozen=True, slots=True)
class ComServer:
    """What is loaded for a class."""

    clsid: str
    image: str  # variables not expanded; the assembly of a managed class where the registry says its place
    type: str  # .NET type of a managed class; empty for others
    key: str
    value: Value


class ComClasses:
    """The classes of one machine."""

    def __init__(self, asked: Asked) -> None:
        """Look in the machine's classes; those of a user are in hives of users, which are not read."""
        self._asked = asked

    @property
    def are_known(self) -> bool:
        """Tell whether the classes can be looked up at all."""
        return self._asked.holds(SOFTWARE)

    def find(self, name: str) -> list[ComServer]:
        """Return what is loaded for a ProgID or CLSID: by 64-bit processes, then by 32-bit ones."""
        return [server for root in _ROOTS for server in self._in(root, name)]

    def _in(self, root: str, name: str) -> Iterator[ComServer]:
        clsid = self._clsid(root, name.strip())
        for _ in range(_MAX_FOLLOWED):
            other = self._text(rf"{root}\CLSID\{clsid}\TreatAs") if clsid else ""
            if not other or to_clsid(other) in {"", clsid}:
                break
            clsid = to_clsid(other)
        key = self._asked.key(rf"{root}\CLSID\{clsid}\InprocServer32") if clsid else None
        server = None if key is None else _server(clsid, key)
        if server is not None:
            yield server

    def _clsid(self, root: str, name: str) -> str:
        clsid = to_clsid(name)
        for _ in range(_MAX_FOLLOWED):
            if clsid or not _NAME.fullmatch(name):
                break
            clsid = to_clsid(self._text(rf"{root}\{name}\CLSID") or self._text(rf"{_ROOTS[0]}\{name}\CLSID"))
            name = self._text(rf"{root}\{name}\CurVer")
        return clsid

    def _text(self, path: str) -> str:
        key = self._asked.key(path)
        return "" if key is None else key.text()


def to_clsid(text: str) -> str:
    """Return a CLSID in braces and upper case; empty for what is none."""
    match = _CLSID.fullmatch(text.strip())
    return f"{{{match[1].upper()}}}" if match else ""


def _server(clsid: str, key: Key) -> ComServer | None:
    value = key.value("")
    path = key.text().strip('"')
    if value is None or not path:
        return None
    type_ = key.text("Class")
    base = key.value("CodeBase")
    if paths.basename(path).lower() == _MANAGED and base is not None and isinstance(base.data, str):
        return ComServer(clsid, _FILE_URL.sub("", base.data).replace("/", "\\"), type_, key.path, base)
    return ComServer(clsid, path, type_, key.path, value)
