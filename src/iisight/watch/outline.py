"""The outline of a server: which files and folders are of which site, so that a change is looked at where it counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from iisight.evidence import paths
from iisight.inventory.config.build import UNMAPPED
from iisight.inventory.inventory import Inventory

SERVER = ""  # what is of no site
MAX_SITES = 16  # whose files changed at once, and are looked at without the rest of the server
_SLOW_ENDS = (".cat", ".evtx", ".evt", "\\redirection.config", "\\system", "\\software")
_SLOW_PARTS = (
    "\\inetpub\\history\\",
    "\\inetpub\\temp\\",
    "\\windows\\system32\\inetsrv\\backup\\",
    "\\windows\\system32\\inetsrv\\config\\export\\",
)
_LEFT_OUT = (*_SLOW_PARTS, "\\windows\\system32\\config\\", "\\windows\\system32\\winevt\\")


@dataclass(frozen=True, slots=True)
class Outline:
    """What of the server is of which site. Paths and names are folded."""

    hosts: tuple[str, ...] = ()  # applicationHost.configs in force
    places: tuple[tuple[str, str], ...] = ()  # (folder, site), of every virtual directory
    uses: dict[str, tuple[str, ...]] = field(default_factory=dict)  # file → sites whose components are read from it
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)  # site → ids of the components registered there

    def sites_of(self, path: str) -> frozenset[str]:
        """Return the sites a file is of, by its folded path; the server for one that is of none."""
        below = {site for folder, site in self.places if _is_in(path, folder)}
        return frozenset({*below, *self.uses.get(path, ())}) or frozenset({SERVER})

    def is_held_beside(self, component: str, sites: Iterable[str]) -> bool:
        """Tell whether a component is registered in other sites than some."""
        kept = {*sites, SERVER, UNMAPPED}
        return any(component in ids for site, ids in self.held.items() if site not in kept)

    def is_of_none(self, path: str) -> bool:
        """Tell whether a file lies in the folder of no site, by its folded path."""
        return not any(_is_in(path, folder) for folder, _ in self.places)


def outline_of(inventory: Inventory) -> Outline:
    """Return the outline of the servers of an inventory."""
    hosts = tuple(paths.fold(s.apphost.path) for s in inventory.servers if s.apphost is not None and s.in_force)
    places = sorted(
        {
            (paths.fold(server.expand(m.folder)), paths.lower(m.app.site))
            for server in inventory.servers
            for m in server.mappings
            if m.folder
        }
    )
    uses: dict[str, set[str]] = {}
    held: dict[str, set[str]] = {}
    for component in inventory.components:
        sites = {_site(r.scope) for r in component.registrations} or {_site(p.scope) for p in component.presence}
        for site in sites:
            held.setdefault(site, set()).add(component.id)
        files = [b.path for b in (component.binary, component.twin) if b is not None]
        for path in (*files, *((component.image,) if component.image else ())):
            uses.setdefault(paths.fold(path), set()).update(sites)
    return Outline(hosts, tuple(places), _sorted(uses), _sorted(held))


def _sorted(groups: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(group)) for key, group in groups.items()}


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(folder) and path[len(folder) :][:1] in ("", "\\")


def _site(scope: str) -> str:
    return paths.lower(scope.replace("\\", "/").partition("/")[0])


def is_slow(path: str) -> bool:
    """Tell whether a changed file concerns more than a place: it is told of once everything was looked at."""
    return path.endswith(_SLOW_ENDS) or any(part in path for part in _SLOW_PARTS)


def slow_folders(drives: Iterable[str]) -> Iterator[str]:
    """Yield the folders that a look at one place does without."""
    for drive in drives:
        yield from (f"{drive}{part.rstrip(chr(92))}" for part in _LEFT_OUT)
