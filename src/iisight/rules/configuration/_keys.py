"""What is known of the key of a .NET type's assembly: what the configuration names, or what the file carries."""

from dataclasses import dataclass

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.component import Component, Kind

NO_KEY = "null"
_FROM_ANY_BIN = frozenset({Kind.MANAGED_MODULE, Kind.MANAGED_HANDLER, Kind.AUTO_START, Kind.TYPE_REFERENCE})
"""Kinds that applications create: what the server's configuration names without a key, each finds in its own `bin`."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key token, or `NO_KEY`, and the file that carries it; without a file the configuration names it."""

    token: str
    file: str = ""

    def __str__(self) -> str:
        """Return `the configuration names the key …`, or `<file> has no key`."""
        what = "no key" if self.token == NO_KEY else f"the key {self.token}"
        return f"{self.file} has {what}" if self.file else f"the configuration names {what}"


class AssemblyKeys:
    """The keys of the assemblies that were read from the `bin` folders of applications."""

    def __init__(self, inventory: Inventory) -> None:
        """Index them by path and by name."""
        self._by_path: dict[str, Key] = {}
        self._by_name: dict[str, list[Key]] = {}
        for component in inventory.of(Kind.APP_ASSEMBLY, Kind.START_CODE):
            name, _, token = assembly_of(component.type or "")
            if name and component.binary is not None:
                key = Key(token or NO_KEY, component.binary.path)
                self._by_path[paths.fold(key.file)] = key
                self._by_name.setdefault(name.lower(), []).append(key)

    def key_of(self, component: Component) -> Key | None:
        """Return the key of a component's assembly; None when nothing is known of it, or files of a name differ."""
        type_ = component.type or ""
        name, _, token = assembly_of(type_)
        if component.kind is not Kind.START_CODE and (token or _says_null(type_)):
            return Key(token or NO_KEY)
        if component.binary is not None:
            return self._by_path.get(paths.fold(component.binary.path))
        found = self._by_name.get(name.lower(), []) if component.kind in _FROM_ANY_BIN else []
        return min(found, key=lambda k: k.file) if len({k.token for k in found}) == 1 else None


def _says_null(type_name: str) -> bool:
    return "publickeytoken=null" in type_name.lower().replace(" ", "")
