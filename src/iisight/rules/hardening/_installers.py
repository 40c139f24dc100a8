"""Who can make IIS load code at an application without being administrator: the table of `iisight harden`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from iisight.evidence import paths
from iisight.inventory.config.build import Server
from iisight.inventory.config.host import Pool
from iisight.inventory.config.tree import App, Node
from iisight.model.acl import CHANGES, Acl, Trustee, granted
from iisight.model.posture import InstallRow, Installs
from iisight.parsers.acl.trustees import Standing
from iisight.rules.hardening._host import Host, Identity, apps_of, folder_of, identity_of, is_delegated, is_managed
from iisight.rules.hardening._rights import HOW_TO_LIST, HOW_TO_OWN, standing_of, who_is_missing, writers

MAX_ROWS = 5_000  # applications that are looked at; that there are more is said
SECTIONS = ("system.webServer/modules", "system.webServer/handlers", "system.webServer/isapiFilters")
"""Sections by which a web.config brings code in."""


def install_rows(host: Host) -> Iterator[InstallRow]:
    """Yield one row for each application."""
    server = host.server
    if server is None:
        return
    for app, node, pool in islice(apps_of(server), MAX_ROWS):
        yield _row(host, server, app, node, pool)


def left_out(host: Host) -> int:
    """Return of how many applications there is no row, because there are too many."""
    return 0 if host.server is None else sum(1 for _ in islice(apps_of(host.server), MAX_ROWS, None))


def _row(host: Host, server: Server, app: App, node: Node, pool: Pool | None) -> InstallRow:
    identity = None if pool is None else identity_of(server, pool)
    folder = folder_of(server, app)
    delegated = tuple(s for s in SECTIONS if is_delegated(server, app, node, pool, s))
    managed = is_managed(pool)
    sure, doubtful, missing = _who(host, list(content_places(host, server, folder, managed=managed)), identity)
    needed = bool(delegated) or managed
    return InstallRow(
        scope=app.scope,
        pool=app.pool,
        identity="" if identity is None else str(identity),
        folder=folder,
        delegated=tuple(s.rpartition("/")[2] for s in delegated),
        writers=tuple(dict.fromkeys((*map(str, sure), *(f"{who} (?)" for who in doubtful)))),
        installs=_installs(needed, sure, doubtful, missing),
        how=tuple(_how(delegated, managed, sure or doubtful)),
        missing=tuple(missing) if needed else (),
    )


def content_places(host: Host, server: Server, folder: str, *, managed: bool = True) -> Iterator[tuple[str, bool]]:
    """Yield the folder of an application, its web.config and its bin, each with whether it is known to be there.

    A pool without the CLR loads nothing of `bin`.
    """
    if folder:
        yield folder, True
        config, binaries = paths.join(folder, "web.config"), paths.join(folder, "bin")
        yield config, paths.fold(config) in server.web_configs
        if managed:
            yield binaries, paths.fold(binaries) in host.protection.folders


def _installs(needed: bool, sure: object, doubtful: object, missing: object) -> Installs:
    if not needed:
        return Installs.NO
    if sure:
        return Installs.YES
    return Installs.UNKNOWN if doubtful or missing else Installs.NO


def _how(delegated: Iterable[str], managed: bool, anybody: object) -> Iterator[str]:
    if not anybody:
        return
    sections = " and ".join(s.rpartition("/")[2] for s in delegated)
    if sections:
        yield f"{sections} in web.config"
    if managed:
        yield "an assembly in bin that starts with the application"


def _who(
    host: Host, places: list[tuple[str, bool]], identity: Identity | None
) -> tuple[list[Trustee], list[Trustee], list[str]]:
    """Return who may write there, who may perhaps, and what is needed to know more."""
    sure: list[Trustee] = []
    doubtful: list[Trustee] = []
    missing: list[str] = []
    for path, acl in _lists(host, places):
        found = writers(host, acl)
        sure += found.ordinary
        doubtful += found.doubtful
        if acl.owner is None:
            missing.append(f"{path}: {HOW_TO_OWN}")
        missing += [f"{path}: {doubt}" for doubt in acl.doubts]
        if identity is not None and _is_granted(acl, identity) and not any(identity.account.is_same(t) for t in sure):
            sure.append(identity.account)
    missing += _unlisted(host, places)
    if identity is None:
        missing.append("the application pool, which the configuration does not define")
    elif standing_of(host, identity.account) is Standing.UNKNOWN and not sure:
        missing.append(who_is_missing([identity.account]))
    elif standing_of(host, identity.account) is Standing.ADMINISTRATOR:
        sure.append(identity.account)
    settled = [who for who in doubtful if not any(who.is_same(t) for t in sure)]
    return sure, settled, missing


def _lists(host: Host, places: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, Acl]]:
    """Yield the places whose list of rights is known, with it."""
    for path, _ in places:
        acl = host.protection.acls.of(path)
        if acl is not None and (acl.aces is not None or acl.is_open):
            yield path, acl


def _unlisted(host: Host, places: Sequence[tuple[str, bool]]) -> Iterator[str]:
    """Yield what is needed to know who may write to places that are there and of which no list is known."""
    if not places:
        yield "the folder of the application"
    listed = {path for path, _ in _lists(host, places)}
    unlisted = [path for path, is_there in places if is_there and path not in listed]
    if unlisted:
        yield f"the rights to {' and '.join(unlisted)}: {HOW_TO_LIST}"


def _is_granted(acl: Acl, identity: Identity) -> bool:
    held = granted(acl, identity.token) | granted(acl, identity.token, inside=True)
    return bool(held & CHANGES)
