"""Locks: which section, attribute, element or item a deeper file may not touch (docs/design/resolution.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from iisight.model.config import Element, Entry, Setting

_LISTS = ("lockAttributes", "lockAllAttributesExcept", "lockElements", "lockAllElementsExcept")
ATTRIBUTES = frozenset((*_LISTS, "lockItem"))
"""Attributes that lock and are no settings of the section."""

_NEVER_LOCKED = frozenset({"lockItem", *_LISTS})


@dataclass(frozen=True, slots=True)
class SectionLock:
    """Whether files deeper than `level` may set a section."""

    allowed: bool
    level: int

    def admits(self, level: int) -> bool:
        """Tell whether a file of that level may set the section."""
        return self.allowed or level <= self.level

    def then(self, override: str, level: int) -> "SectionLock":
        """Return the lock after a location tag of a file; only the level that locked may unlock."""
        if override == "Inherit" or not self.admits(level):
            return self
        return SectionLock(override == "Allow", level)


def stated(element: Element, setting: Setting) -> Mapping[str, Setting]:
    """Return the lock lists an element states, keyed so that deeper levels add to them."""
    return {
        f"{name}@{setting.level}": Setting(name, element.get(name), setting.locator, setting.scope, setting.level)
        for name in _LISTS
        if name in element.attributes
    }


def locked_attribute(lists: Iterable[Setting], name: str, level: int) -> Setting | None:
    """Return the lock that forbids a file of `level` to set an attribute."""
    return _locked(lists, name, level, "lockAttributes", "lockAllAttributesExcept")


def locked_element(lists: Iterable[Setting], name: str, level: int) -> Setting | None:
    """Return the lock that forbids a file of `level` to use a child element or directive."""
    return _locked(lists, name, level, "lockElements", "lockAllElementsExcept")


def is_locked(entry: Entry, level: int) -> bool:
    """Tell whether a collection entry may not be removed or cleared by a file of `level`."""
    return entry.level < level and entry.element.get("lockItem").strip().lower() == "true"


def _locked(lists: Iterable[Setting], name: str, level: int, only: str, all_but: str) -> Setting | None:
    for setting in lists:
        if setting.level >= level or name in _NEVER_LOCKED:
            continue
        names = _names(setting.value)
        if setting.name == only and (name in names or "*" in names):
            return setting
        if setting.name == all_but and name not in names:
            return setting
    return None


@lru_cache(maxsize=1024)
def _names(value: str) -> frozenset[str]:
    return frozenset(name.strip() for name in value.split(","))
