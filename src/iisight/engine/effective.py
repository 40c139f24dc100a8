"""Answer `iisight config`: the sections in force at one place, each line with its origin."""

from collections.abc import Iterator

from iisight.inventory.config import conditions
from iisight.inventory.config.build import UNMAPPED, Server
from iisight.inventory.config.host import Pool
from iisight.inventory.config.tree import Node
from iisight.inventory.inventory import Inventory
from iisight.inventory.secrets import shown
from iisight.model.config import Dropped, ElementState, Entry, Fate, Setting
from iisight.model.effective import Effective, Line, SectionView
from iisight.model.errors import UsageError
from iisight.model.locator import Locator


def effective(inventory: Inventory, server: str, site: str, path: str, section: str) -> Effective:
    """Return what is in force at a place; `section` may be empty (all), a path or the end of one.

    Raises UsageError when there is no such server, site or section.
    """
    chosen = _server(inventory, server)
    scope = "/".join(part.strip("/\\") for part in (site, path) if part.strip("/\\"))
    if path.strip("/\\") and not site:
        raise UsageError(f"--path '{path}' needs --site; the sites are: {_sites(inventory)}")
    if site and chosen.tree.find(site) is None:
        raise UsageError(f"no site '{site}' in {chosen.name}; the sites are: {_sites(inventory)}")
    if not scope and chosen.name == UNMAPPED and chosen.apps:
        scope = chosen.apps[0].scope
    node = chosen.tree.nearest(scope)
    pool = chosen.pool_of(node.app)
    views = tuple(_section(chosen, node, name, pool) for name in _sections(chosen, section))
    return Effective(
        evidence=inventory.evidence,
        server=chosen.name,
        scope=scope,
        physical_path=chosen.expand(node.physical_path),
        pool=_pool_text(pool),
        sections=tuple(v for v in views if v.lines or v.faults or section),
    )


def _sites(inventory: Inventory) -> str:
    """Return the sites of every server, and how to ask for those that are not the first one's."""
    texts = []
    for number, server in enumerate(inventory.servers):
        names = ", ".join(f"'{name}'" for name in dict.fromkeys(app.site for app in server.apps))
        if names:
            texts.append(names + (f" (--server '{server.name}')" if number else ""))
    return "; ".join(texts) or "none"


def _server(inventory: Inventory, name: str) -> Server:
    names = ", ".join(f"'{s.name}'" for s in inventory.servers)
    if not inventory.servers:
        raise UsageError("the evidence holds no IIS configuration")
    for server in inventory.servers:
        if not name or server.name.casefold() == name.casefold():
            return server
    raise UsageError(f"no server '{name}'; the evidence has: {names}")


def _sections(server: Server, wanted: str) -> list[str]:
    every = server.resolver.sections()
    text = wanted.strip("/")
    if not text:
        return every
    found = [s for s in every if s.casefold() == text.casefold() or s.casefold().endswith(f"/{text.casefold()}")]
    if not found and server.resolver.declarations.find(text) is None:
        raise UsageError(f"no section '{wanted}' is set anywhere; give its path: system.webServer/modules")
    return found or [text]


def _section(server: Server, node: Node, section: str, pool: Pool | None) -> SectionView:
    framework = server.framework_of(node)
    state = server.resolver.effective(node, section, framework)
    lock = server.resolver.lock(node, section)
    delegated = lock.allowed if server.resolver.locks_known else None
    return SectionView(section, tuple(_lines(state, "", pool)), state.problems, delegated)


def _lines(state: ElementState, prefix: str, pool: Pool | None) -> Iterator[Line]:
    """Yield an element's settings, its entries, what it lost, and then its inner elements."""
    yield from (_setting(s, prefix) for s in state.settings.values() if s.name)
    for entry in state.entries:
        yield _entry(entry, prefix, pool)
    for dropped in state.dropped:
        yield _dropped(dropped, prefix)
    for name, child in state.children.items():
        yield from _lines(child, f"{prefix}/{name}".lstrip("/"), pool)


def _setting(setting: Setting, prefix: str) -> Line:
    return Line(prefix, shown([(setting.name, setting.value)]), setting.locator, setting.scope)


def _entry(entry: Entry, prefix: str, pool: Pool | None) -> Line:
    condition = entry.element.get("preCondition")
    if condition and pool is not None and not conditions.is_met(condition, pool):
        reason = f"preCondition {condition} is not met by pool {pool.name}"
        return _line(entry, prefix, Fate.UNMET, None, reason)
    return _line(entry, prefix, Fate.ACTIVE, None, "")


def _dropped(dropped: Dropped, prefix: str) -> Line:
    return _line(dropped.entry, prefix, dropped.fate, dropped.by, dropped.reason)


def _line(entry: Entry, prefix: str, fate: Fate, by: Locator | None, reason: str) -> Line:
    path = f"{prefix}/{entry.element.name}".lstrip("/")
    return Line(path, shown(entry.element.attributes.items()), entry.locator, entry.scope, fate, by, reason)


def _pool_text(pool: Pool | None) -> str:
    if pool is None:
        return ""
    mode = "integrated" if pool.integrated else "classic"
    return f"{pool.name} ({pool.bits}-bit, {mode}, {pool.runtime or 'no managed code'})"
