"""Follow the entries of a collection through the tree: where each came in, where it is gone, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from iisight.inventory.config.build import Server
from iisight.inventory.config.resolve import Change
from iisight.inventory.config.tree import Unread
from iisight.model.component import Presence, Registration
from iisight.model.config import Dropped, Element, ElementState, Entry, Fate
from iisight.model.locator import Locator

WITHHELD = "inheritInChildApplications=false"


@dataclass(slots=True, eq=False)
class Track:
    """One entry with its presence over the tree."""

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
        return Registration(
            locator=self.entry.locator,
            section=section,
            scope=self.entry.scope,
            attributes=tuple(self.entry.element.attributes.items()),
            fate=self.fate,
            by=self.by,
            reason=self.reason,
        )


def track(server: Server, section: str, inner: str = "") -> list[Track]:
    """Return the entries of a collection in the order they come in; `inner` is the path below the section."""
    tracks: dict[int, Track] = {}
    for change in server.resolver.changes(section):
        _follow(tracks, change, inner)
    for track_ in _unread(server, section, inner):
        tracks[id(track_.entry)] = track_
    return list(tracks.values())


def at_path(state: ElementState, inner: str) -> ElementState:
    """Return the state of an element below a section; empty when nothing sets it."""
    for name in inner.split("/") if inner else ():
        state = state.children.get(name) or ElementState(f"{state.path}/{name}")
    return state


def _follow(tracks: dict[int, Track], change: Change, inner: str) -> None:
    before, after = at_path(change.before, inner), at_path(change.after, inner)
    scope = change.node.scope
    was = {id(e): e for e in before.entries}
    now = {id(e): e for e in after.entries}
    for entry in after.entries:
        if id(entry) not in was:
            tracks.setdefault(id(entry), Track(entry)).presence.append(Presence(scope, True))
    accounted = {id(d.entry) for d in before.dropped}
    for dropped in after.dropped:
        if id(dropped.entry) not in accounted:
            _drop(tracks, dropped, scope, id(dropped.entry) in was)
            accounted.add(id(dropped.entry))
    for key in was.keys() - now.keys() - accounted:
        tracks[key].presence.append(Presence(scope, False, None, WITHHELD))
    _unusable(tracks, change, [tracks[key] for key in was if key in now])


def _drop(tracks: dict[int, Track], dropped: Dropped, scope: str, was_active: bool) -> None:
    if was_active:
        known = tracks[id(dropped.entry)]
        known.presence.append(Presence(scope, False, dropped.by, dropped.reason))
    else:
        lost = tracks.setdefault(id(dropped.entry), Track(dropped.entry))
        lost.fate, lost.by, lost.reason = dropped.fate, dropped.by, dropped.reason


def _unusable(tracks: dict[int, Track], change: Change, staying: list[Track]) -> None:
    """A section that has become unusable is not in force at all: HTTP 500.19 for every request."""
    new = change.after.problems[len(change.before.problems) :]
    if not new:
        return
    for track_ in staying:
        track_.presence.append(Presence(change.node.scope, False, new[0].locator, f"500.19: {new[0].message}"))


def _unread(server: Server, section: str, inner: str) -> Iterator[Track]:
    for node in server.tree:
        for unread in node.unread:
            if unread.record.section == section:
                yield from _unread_entries(unread, inner, node.scope)


def _unread_entries(unread: Unread, inner: str, scope: str) -> Iterator[Track]:
    element: Element | None = unread.record.element
    for name in inner.split("/") if inner else ():
        element = None if element is None else element.child(name)
    for child in () if element is None else element.children:
        if child.name not in {"remove", "clear"}:
            entry = Entry("", child, unread.record.document, scope, unread.record.level)
            yield Track(entry, Fate.UNREAD, None, unread.reason)
