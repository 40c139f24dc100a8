"""Rights to take away: from whom, at which object."""

from collections.abc import Iterable, Iterator

from iisight.engine.remedies._causes import Asked, Remedy
from iisight.model.acl import CHANGES, REMOVES, Acl, Trustee, allowing
from iisight.model.posture import Answer
from iisight.model.remedy import Cause, Rights
from iisight.parsers.acl.trustees import Standing
from iisight.rules.hardening._host import Host, apps_of, folder_of, identity_of, is_managed
from iisight.rules.hardening._installers import content_places
from iisight.rules.hardening._rights import standing_of, writers

_CONTENT = "deployment and uploads to this folder need another way: data folders of their own, a deployment account"
_NULL = "Give it a list of rights: it has none, and everybody may do anything"


def of_administrators(asked: Asked) -> Iterator[Remedy]:
    """IIS903, IIS904: places that administrators alone write."""
    yield from _stripped(asked, CHANGES)


def of_logs(asked: Asked) -> Iterator[Remedy]:
    """IIS940: logs that administrators alone delete."""
    yield from _stripped(asked, REMOVES)


def of_content(asked: Asked) -> Iterator[Remedy]:
    """IIS905, IIS906: folders of applications that neither their pool nor anybody else but administrators writes."""
    point = next(asked.points(Answer.FAIL), None)
    if point is None:
        return
    for app, _, pool in apps_of(asked.server):
        folder = folder_of(asked.server, app)
        token = () if pool is None else identity_of(asked.server, pool).token
        for path, _ in content_places(asked.host, asked.server, folder, managed=is_managed(pool)):
            acl = asked.host.protection.acls.of(path)
            if acl is not None:
                yield from _of_acl(asked, asked.cause(point, _CONTENT), acl, CHANGES, token)


def _stripped(asked: Asked, rights: int) -> Iterator[Remedy]:
    for point, subject in asked.subjects("path", Answer.FAIL):
        acl = asked.host.protection.acls.of(subject.name)
        if acl is not None:
            yield from _of_acl(asked, asked.cause(point), acl, rights, ())


def _of_acl(asked: Asked, cause: Cause, acl: Acl, rights: int, token: Iterable[Trustee]) -> Iterator[Remedy]:
    if acl.is_open:
        yield asked.by_hand(None, f"{acl.path}: {_NULL}")
        return
    found = writers(asked.host, acl, rights).ordinary
    granting = [ace.trustee for ace in allowing(acl, rights)]
    people = [who for who in found if any(who.is_same(ace) for ace in granting)]
    people += [who for who in granting if any(who.is_same(t) for t in token) and not _is_administrator(asked.host, who)]
    owner = acl.owner
    owns = owner is not None and (
        any(owner.is_same(who) for who in found)
        or (any(owner.is_same(who) for who in token) and not _is_administrator(asked.host, owner))
    )
    accounts = tuple(dict.fromkeys(_account(who) for who in people))
    if accounts or owns:
        yield Rights(cause, acl.path, accounts, owns)


def _is_administrator(host: Host, who: Trustee) -> bool:
    return standing_of(host, who) is Standing.ADMINISTRATOR


def _account(who: Trustee) -> str:
    return who.sid if who.sid and "*" not in who.sid else who.name
