"""What a mechanism's finder says of a component, before its file is looked up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from iisight.evidence import paths
from iisight.inventory import secrets
from iisight.inventory.track import Track
from iisight.model.component import CatalogueMatch, Component, Kind, Presence, Registration
from iisight.model.config import Element, Fate

MAIN = "IIS"
"""Name of the server whose components need none in their ids."""


@dataclass(slots=True)
class Draft:
    """A component without its binary and its catalogue match; drafts with one id are joined."""

    kind: Kind
    mechanism: str
    name: str
    image: str | None = None
    type: str | None = None
    arguments: str = ""
    precondition: str = ""
    registrations: list[Registration] = field(default_factory=list)
    presence: list[Presence] = field(default_factory=list)
    pools: tuple[str, ...] | None = None
    stock: bool = False  # the value is the one that Windows ships
    folders: tuple[str, ...] = ()  # where a managed type's assembly may lie: the `bin` of its applications

    @property
    def id(self) -> str:
        """Return what makes the component this one: kind, name, and image, type or arguments."""
        what = paths.fold(self.image) if self.image else normal_type(self.type or "")
        tail = f":{self.arguments}" if self.arguments else ""
        return f"{self.kind}:{self.name}:{what}{tail}".rstrip(":")


def normal_type(type_name: str) -> str:
    """Return a .NET type name without white space around its commas."""
    return ", ".join(part.strip() for part in type_name.split(","))


def from_track(track: Track, section: str, draft: Draft, element: Element | None = None) -> Draft:
    """Give a draft the registration and presence of a collection entry, or of an element inside it."""
    draft.registrations.append(track.registration_of(section, track.element if element is None else element))
    if track.fate is Fate.ACTIVE:
        draft.presence.extend(track.presence)
    return draft


def from_switched(track: Track, section: str, draft: Draft) -> Draft:
    """Do the same for an entry that `enabled="false"` keeps dormant."""
    from_track(track, section, draft)
    if track.get("enabled", "true").lower() == "false" and track.fate is Fate.ACTIVE:
        off = replace(draft.registrations[-1], fate=Fate.DISABLED, reason="enabled=false")
        draft.registrations[-1:], draft.presence = [off], []
    return draft


def join(drafts: Sequence[Draft]) -> list[Draft]:
    """Make one draft of those with the same id, in the order they were found."""
    alike: dict[str, list[Draft]] = {}
    for draft in drafts:
        alike.setdefault(draft.id, []).append(draft)
    return [_joined(group) for group in alike.values()]


def _joined(group: list[Draft]) -> Draft:
    first, *others = group
    pools = first.pools
    for draft in others:
        pools = _either(pools, draft.pools)
    return replace(
        first,
        registrations=[r for draft in group for r in draft.registrations],
        presence=_presence([p for draft in group for p in draft.presence]),
        folders=tuple(dict.fromkeys(f for draft in group for f in draft.folders)),
        pools=pools,
    )


def _presence(found: list[Presence]) -> list[Presence]:
    """Return one presence for each scope: what one row takes away, another may give."""
    by_scope: dict[str, Presence] = {}
    for presence in found:
        first = by_scope.get(presence.scope)
        if first is None or (presence.effective and not first.effective):
            by_scope[presence.scope] = presence
    return list(by_scope.values())


def _either(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is other:
        return one
    return None if one is None or other is None else tuple(sorted({*one, *other}))


def finish(draft: Draft, server: str, match: CatalogueMatch | None) -> Component:
    """Return the component as far as configuration tells, without the values nobody else should read."""
    public = replace(
        draft,
        arguments=secrets.masked(draft.arguments),
        registrations=[replace(r, attributes=secrets.shown(r.attributes)) for r in draft.registrations],
    )
    return Component(
        id=public.id if server == MAIN else f"{server}/{public.id}",
        kind=public.kind,
        mechanism=public.mechanism,
        name=public.name,
        image=public.image,
        type=public.type,
        arguments=public.arguments,
        precondition=public.precondition,
        registrations=tuple(public.registrations),
        presence=tuple(public.presence),
        pools=public.pools,
        match=match,
        server=server,
    )
