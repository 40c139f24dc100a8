"""IIS901: worker processes with more rights than those of an account of their own."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.posture import Input, Point, Subject
from iisight.parsers.acl.trustees import Standing
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host, Identity, identity_of
from iisight.rules.hardening._points import check_info, failed, not_applicable, passed, plural, unknown
from iisight.rules.hardening._rights import standing_of, who_is_missing

INFO = check_info(
    "IIS901",
    "Application pool that runs as SYSTEM, an administrator or a shared account",
    Severity.HIGH,
    "M1026",
    "Let every application pool run as ApplicationPoolIdentity, or as an account of its own without rights",
    Input.CONFIGURATION,
    references=("1.4",),
)
_SHARED = {
    "NetworkService": "an account that other services and pools share",
    "LocalService": "an account that other services and pools share",
}


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every pool whose identity is not its own, and one pass for all others."""
    server = host.server
    if server is None:
        return
    own = 0
    for pool in sorted(server.pools.values(), key=lambda p: p.name):
        identity = identity_of(server, pool)
        place = () if pool.entry is None else (pool.entry.locator,)
        point = _judge(host, pool.name, identity, place)
        own += point is None
        if point is not None:
            yield point
    if not server.pools:
        yield not_applicable("the configuration has no application pool")
    elif own:
        yield passed(f"{plural(own, 'pool')} with an identity without rights of its own on the server")


def _judge(host: Host, pool: str, identity: Identity, place: tuple[Locator, ...]) -> Point | None:
    subject = Subject("pool", pool, (("identity", identity.kind), ("account", str(identity.account))))
    if identity.kind == "LocalSystem":
        message = f"pool '{pool}' runs as LocalSystem: code in it owns the server"
        return failed(message, *place, subjects=[subject])
    if identity.kind in _SHARED:
        return failed(f"pool '{pool}' runs as {identity.kind}, {_SHARED[identity.kind]}", *place, subjects=[subject])
    if identity.kind == "ApplicationPoolIdentity":
        return None
    standing = standing_of(host, identity.account)
    if standing is Standing.ADMINISTRATOR:
        message = f"pool '{pool}' runs as {identity}, an administrator"
        return failed(message, *place, subjects=[subject])
    if standing is Standing.UNKNOWN:
        message = f"pool '{pool}' runs as {identity}"
        return unknown(message, [who_is_missing([identity.account])], *place, subjects=[subject])
    return None
