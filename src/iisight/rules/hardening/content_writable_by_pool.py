"""IIS905: a worker process may write the folder of its own application."""

from collections.abc import Iterable

from iisight.inventory.config.build import Server
from iisight.inventory.config.tree import App
from iisight.model.acl import CHANGES, Acl, granted
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.parsers.acl.trustees import Standing
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host, Identity, apps_of, folder_of, identity_of
from iisight.rules.hardening._installers import content_places
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed, plural, unknown
from iisight.rules.hardening._rights import HOW_TO_LIST, standing_of

INFO = check_info(
    "IIS905",
    "Application folder that its own pool may write",
    Severity.MEDIUM,
    "M1026",
    "Give the pool's account read access to the application's folder; let it write data folders alone",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    references=("IIST-SI-000262",),
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every application whose pool may write its folder, web.config or bin."""
    server = host.server
    if server is None:
        return
    safe: list[str] = []
    unlisted: list[str] = []
    for app, _, pool in apps_of(server):
        folder = folder_of(server, app)
        if pool is None or not folder:
            message = f"'{app.scope}' has no pool or no folder that the configuration defines"
            missing = [f"pool '{app.pool}' and folder of '{app.scope}'"]
            yield unknown(message, missing, subjects=[Subject("site", app.scope)])
            continue
        places = list(content_places(host, server, folder))
        points = _points(host, app, [path for path, _ in places], identity_of(server, pool))
        yield from points
        lost = [path for path, is_there in places if is_there and host.protection.acls.of(path) is None]
        unlisted += lost
        if not lost and not points:
            safe.append(app.scope)
    yield from _rest(server, safe, unlisted)


def _rest(server: Server, safe: list[str], unlisted: list[str]) -> Iterable[Point]:
    if unlisted:
        missing = [f"lists of rights of {plural(len(unlisted), 'place')}: {HOW_TO_LIST}"]
        message = f"whether pools may write {named(unlisted, 2)} is not known"
        yield unknown(message, missing, subjects=[Subject("path", path) for path in unlisted])
    if safe:
        yield passed(f"no pool may write the folder of its application: {named(safe)}")
    if not server.apps:
        yield not_applicable("the configuration has no application")


def _points(host: Host, app: App, places: list[str], identity: Identity) -> list[Point]:
    """Return what fails of an application, and what cannot be told of one whose list is there."""
    found: list[Point] = []
    for path in places:
        acl = host.protection.acls.of(path)
        subject = Subject("path", path, (("site", app.scope), ("account", str(identity))))
        if acl is not None and _may_write(host, acl, identity):
            message = f"pool '{app.pool}' ({identity}) may write {path} of '{app.scope}'"
            found.append(failed(message, acl.locator, subjects=[subject]))
        elif acl is not None and (acl.doubts or (acl.aces is None and not acl.is_open) or _may_own(acl, identity)):
            missing = [acl.doubts[0] if acl.doubts else f"owner and list of {path}: {HOW_TO_LIST}"]
            found.append(unknown(f"the list of {path} does not tell all", missing, acl.locator, subjects=[subject]))
    return found


def _may_write(host: Host, acl: Acl, identity: Identity) -> bool:
    if acl.is_open or standing_of(host, identity.account) is Standing.ADMINISTRATOR:
        return True
    held = granted(acl, identity.token) | granted(acl, identity.token, inside=True)
    owns = acl.owner is not None and any(acl.owner.is_same(who) for who in identity.token)
    return bool(held & CHANGES) or owns


def _may_own(acl: Acl, identity: Identity) -> bool:
    """Tell whether nobody knows who owns it, or the account has groups that nobody knows."""
    return acl.owner is None or identity.kind == "SpecificUser"
