"""Follow what configuration says through the tree: where it came in, where it is gone, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from iisight.inventory.config.build import Server
from iisight.inventory.config.resolve import Change
from iisight.inventory.config.tree import Unread
from iisight.model.component import Presence, Registration
from iisight.model.config import Dropped, Element, ElementState, Entry, Fate, Setting
from iisight.model.locator import Locator

Identity = tuple[int, str]
MAX_WORK = 10_000_000  # entries compared over the whole tree
WITHHELD = "inheritInChildApplications=false"
OVERRIDDEN = "set to another value"


@dataclass(slots=True, eq=False)
class Track:
    """One entry of a collection with its presence over the tree."""

    entry: Entry
    fate: Fate = Fate.ACTIVE
    by: Locator | None = None
    reason: str = ""
    presence: list[Presence] = field(default_factory=list)

    @property
    def element(self) -> Element:
        """Return the entry's element."""
        return self.entry.element

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute of the entry."""
        return self.entry.element.get(name, default)

    def registration(self, section: str) -> Registration:
        """Return the entry as a registration of a component."""
        return self.registration_of(section, self.entry.element)

    def registration_of(self, section: str, element: Element) -> Registration:
        """Return an element inside the entry as a registration."""
        return Registration(
            locator=self.entry.document.at(element),
            section=section,
            scope=self.entry.scope,
            attributes=tuple(element.attributes.items()),
            fate=self.fate,
            by=self.by,
            reason=self.reason,
        )


@dataclass(slots=True, eq=False)
class SettingTrack:
    """One value of an attribute with its presence over the tree."""

    setting: Setting
    state: ElementState  # the element the attribute belongs to, where the value came in
    presence: list[Presence] = field(default_factory=list)


def identity(entry: Entry) -> Identity:
    """Return what makes an entry this one, however often its file was applied."""
    return id(entry.element), entry.scope


def at_path(state: ElementState, inner: str) -> ElementState:
    """Return the state of an element below a section; empty when nothing sets it."""
    for name in inner.split("/") if inner else ():
        state = state.children.get(name) or ElementState(f"{state.path}/{name}")
    return state


def follow_setting(server: Server, section: str, inner: str, attribute: str) -> list[SettingTrack]:
    """Return every value an attribute takes, in the order they come in."""
    tracks: dict[tuple[Locator, str], SettingTrack] = {}
    for change in server.resolver.changes(section):
        state = at_path(change.after, inner)
        before = at_path(change.before, inner).settings.get(attribute)
        after = state.settings.get(attribute)
        if before is not None and (after is None or after.locator != before.locator):
            gone = Presence(change.node.scope, False, after.locator if after else None, OVERRIDDEN)
            tracks[before.locator, before.scope].presence.append(gone)
        if after is not None and (before is None or after.locator != before.locator):
            track = tracks.setdefault((after.locator, after.scope), SettingTrack(after, state))
            track.presence.append(Presence(change.node.scope, True))
    return list(tracks.values())


class Follower:
    """Follows the entries of one collection; `inner` is its path below the section."""

    def __init__(self, server: Server, section: str, inner: str = "") -> None:
        """Prepare to follow."""
        self._server = server
        self._section = section
        self._inner = inner
        self._tracks: dict[Identity, Track] = {}
        self._left = MAX_WORK

    @property
    def exhausted(self) -> bool:
        """Tell whether there was more to follow than the bounds allow."""
        return self._left < 0

    def entries(self) -> list[Track]:
        """Return the entries in the order they come in, then those of files that no scope reads."""
        for change in self._server.resolver.changes(self._section):
            self._follow(change)
        for track in self._unread():
            self._tracks.setdefault(identity(track.entry), track)
        return list(self._tracks.values())

    def _follow(self, change: Change) -> None:
        before, after = at_path(change.before, self._inner), at_path(change.after, self._inner)
        scope = change.node.scope
        self._left -= len(before.entries) + len(after.entries) + len(after.dropped)
        if self._left < 0:
            return
        was = {identity(e): e for e in before.entries}
        now = {identity(e): e for e in after.entries}
        for key, entry in now.items():
            if key not in was:
                self._tracks.setdefault(key, Track(entry)).presence.append(Presence(scope, True))
        accounted = {identity(d.entry) for d in before.dropped}
        for dropped in after.dropped:
            key = identity(dropped.entry)
            if key not in accounted and key not in now:
                self._drop(dropped, scope, key in was)
                accounted.add(key)
        for key in was:
            if key not in now and key not in accounted:
                self._tracks[key].presence.append(Presence(scope, False, None, WITHHELD))
        self._unusable(change, [key for key in was if key in now])

    def _drop(self, dropped: Dropped, scope: str, was_active: bool) -> None:
        track = self._tracks.setdefault(identity(dropped.entry), Track(dropped.entry))
        if was_active:
            track.presence.append(Presence(scope, False, dropped.by, dropped.reason))
        else:
            track.fate, track.by, track.reason = dropped.fate, dropped.by, dropped.reason

    def _unusable(self, change: Change, staying: list[Identity]) -> None:
        """Take a section that has become unusable as not in force at all: HTTP 500.19 for every request."""
        new = change.after.problems[len(change.before.problems) :]
        if new:
            gone = Presence(change.node.scope, False, new[0].locator, f"500.19: {new[0].message}")
            for key in staying:
                self._tracks[key].presence.append(gone)

    def _unread(self) -> Iterator[Track]:
        for node in self._server.tree:
            for unread in node.unread:
                if unread.record.section == self._section:
                    yield from _unread_entries(unread, self._inner, node.scope)


def _unread_entries(unread: Unread, inner: str, scope: str) -> Iterator[Track]:
    element: Element | None = unread.record.element
    for name in inner.split("/") if inner else ():
        element = None if element is None else element.child(name)
    for child in () if element is None else element.children:
        if child.name not in {"remove", "clear"}:
            entry = Entry("", child, unread.record.document, scope, unread.record.level)
            yield Track(entry, Fate.UNREAD, None, unread.reason)
