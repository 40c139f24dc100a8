r"""The hives of one Windows as its registry: `HKLM\SYSTEM`, `HKLM\SOFTWARE`, with what is made at start put in.

Of `CurrentControlSet`, a link that Windows makes at start, the value `Select\Current` says which one it is.
"""

from collections.abc import Mapping

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.model.registry import Key, to_path
from iisight.parsers.registry.hive import MAX_DEPTH, Hive, Link

MAX_LINKS = 8  # followed for one key
_CURRENT = "CURRENTCONTROLSET"
_MACHINE = ("", "REGISTRY", "MACHINE")


class HiveRegistry:
    """A registry made of hives."""

    def __init__(self, hives: Mapping[str, Hive]) -> None:
        r"""Take the hives by the path they are mounted at (`HKLM\SYSTEM`)."""
        self._hives = {path.upper(): hive for path, hive in hives.items()}
        self._control_set = ""

    def holds(self, hive: str) -> bool:
        """Tell whether a hive is there."""
        return hive.upper() in self._hives

    def key(self, path: str) -> Key | None:
        """Return a key. Raises ParseError for one that is there and not readable."""
        parts = tuple(path.split("\\"))
        for _ in range(MAX_LINKS):
            mount, hive = to_path(parts[:2]), self._hives.get(to_path(parts[:2]).upper())
            if hive is None or len(parts) > MAX_DEPTH:
                return None
            inner = self._in_control_set(hive, parts[2:])
            found = hive.find(inner)
            if not isinstance(found, Link):
                return None if found is None else hive.key(found, f"{mount}\\{hive.spelled(inner)}")
            parts = _followed(found)
        raise ParseError(f"more than {MAX_LINKS} links to follow from {path}", Locator(path))

    def _in_control_set(self, hive: Hive, parts: tuple[str, ...]) -> tuple[str, ...]:
        if not parts or parts[0].upper() != _CURRENT:
            return parts
        if not self._control_set:
            select = hive.find(("Select",))
            key = None if select is None or isinstance(select, Link) else hive.key(select, "Select")
            number = None if key is None else key.number("Current")
            if number is None or not 0 < number < 1000:
                raise ParseError("expected the number of the current control set in Select", hive.locator)
            self._control_set = f"ControlSet{number:03}"
        return (self._control_set, *parts[1:])


def _followed(link: Link) -> tuple[str, ...]:
    """Return the path that a link leads to; one that leads out of the machine's hives leads to none of them."""
    target = tuple(link.target.split("\\"))
    is_machine = tuple(part.upper() for part in target[:3]) == _MACHINE
    return ("HKLM", *target[3:], *link.rest) if is_machine else (link.target,)
