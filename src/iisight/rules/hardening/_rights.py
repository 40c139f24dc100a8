"""Who, beside administrators, may change a file or a folder."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from iisight.model.acl import CHANGES, Acl, Trustee, allowing, granted
from iisight.model.locator import Locator
from iisight.model.posture import Point, Subject
from iisight.parsers.acl.trustees import Standing, standing
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import failed, named, passed, plural, unknown

EVERYONE, OWNER_RIGHTS = Trustee("S-1-1-0", "Everyone"), Trustee("S-1-3-4", "OWNER RIGHTS")
HOW_TO_LIST = "`Get-Acl`, Path and Sddl, or `icacls` in an export beside the evidence"
HOW_TO_OWN = "the owner, which `icacls` does not print: (Get-Acl PATH).Sddl"
_MEMBERS = "the members of Administrators (Get-LocalGroupMember Administrators | Export-Csv administrators.csv)"


@dataclass(frozen=True, slots=True)
class Target:
    """A place that is to be asked for."""

    path: str
    what: str  # `the configuration`
    is_optional: bool = False  # it need not exist: that nothing is known of it says nothing


@dataclass(frozen=True, slots=True)
class Writers:
    """Who may change one object."""

    ordinary: tuple[Trustee, ...]  # no administrators
    doubtful: tuple[Trustee, ...]  # nobody can tell whether they are

    def __bool__(self) -> bool:
        """Tell whether there is anybody."""
        return bool(self.ordinary or self.doubtful)


def writers(host: Host, acl: Acl, rights: int = CHANGES) -> Writers:
    """Return who may change an object besides administrators: by the entries of its list, or as its owner."""
    if acl.is_open:
        return Writers((EVERYONE,), ())
    found: dict[Trustee, bool] = {}  # whether it is certain
    for ace in allowing(acl, rights):
        who, is_what = ace.trustee, standing_of(host, ace.trustee)
        held = granted(acl, (who, EVERYONE)) | granted(acl, (who, EVERYONE), inside=True)
        if is_what in {Standing.ADMINISTRATOR, Standing.PLACEHOLDER} or not (ace.conditional or held & rights):
            continue
        certain = is_what is Standing.ORDINARY and bool(held & rights)
        found[who] = found.get(who, False) or certain
    owner = acl.owner
    limited = any(ace.trustee.is_same(OWNER_RIGHTS) for ace in acl.aces or ())
    if owner is not None and not limited and standing_of(host, owner) is not Standing.ADMINISTRATOR:
        found[owner] = found.get(owner, False) or standing_of(host, owner) is Standing.ORDINARY
    return Writers(tuple(w for w, sure in found.items() if sure), tuple(w for w, sure in found.items() if not sure))


def standing_of(host: Host, trustee: Trustee) -> Standing:
    """Return what somebody is, after the members of Administrators where these are known."""
    known, members = standing(trustee), host.protection.administrators
    if known is not Standing.UNKNOWN or members is None:
        return known
    if any(trustee.is_same(member) for member in (*members.names, *members.groups)):
        return Standing.ADMINISTRATOR
    return Standing.UNKNOWN if members.groups else Standing.ORDINARY


def write_points(host: Host, targets: Iterable[Target], rights: int = CHANGES, verb: str = "write") -> Iterator[Point]:
    """Yield who else may change the targets; what is not known of them comes in few points."""
    safe: list[str] = []
    unlisted: list[str] = []
    unowned: list[str] = []
    for target in dict.fromkeys(targets):
        acl = host.protection.acls.of(target.path)
        if acl is None or (acl.aces is None and not acl.is_open):
            unlisted += [] if target.is_optional else [target.path]
            continue
        found = writers(host, acl, rights)
        yield from _people(host, target, acl, found, verb)
        if acl.doubts:
            message = f"not every entry of the list of {target.path} could be read"
            yield unknown(message, [acl.doubts[0]], acl.locator, subjects=[Subject("path", target.path)])
        elif acl.owner is None and not found:
            unowned.append(target.path)
        elif not found:
            safe.append(target.path)
    yield from _rest(safe, unlisted, unowned, verb)


def places(host: Host, targets: Iterable[Target]) -> list[Locator]:
    """Return where the lists of targets were read."""
    return [acl.locator for target in targets if (acl := host.protection.acls.of(target.path)) is not None]


def who_is_missing(accounts: Iterable[Trustee]) -> str:
    """Return what is needed to know whether accounts are administrators."""
    return f"whether {named(map(str, accounts))} can be an administrator: {_MEMBERS}"


def _people(host: Host, target: Target, acl: Acl, found: Writers, verb: str) -> Iterator[Point]:
    subject = Subject("path", target.path, tuple(("account", str(who)) for who in (*found.ordinary, *found.doubtful)))
    if found.ordinary:
        message = f"{named(map(str, found.ordinary))} may {verb} {target.path} ({target.what})"
        yield failed(message, acl.locator, subjects=[subject])
    if found.doubtful:
        message = f"{named(map(str, found.doubtful))} may {verb} {target.path} ({target.what})"
        yield unknown(message, [who_is_missing(found.doubtful)], acl.locator, subjects=[subject])


def _rest(safe: list[str], unlisted: list[str], unowned: list[str], verb: str) -> Iterator[Point]:
    if unlisted:
        message = f"who may {verb} {named(unlisted, 2)} is not known"
        missing = [f"lists of rights of {plural(len(unlisted), 'place')}: {HOW_TO_LIST}"]
        yield unknown(message, missing, subjects=[Subject("path", path) for path in unlisted])
    if unowned:
        message = f"the lists let nobody but administrators {verb} {named(unowned, 2)}; who owns them is not known"
        yield unknown(message, [HOW_TO_OWN], subjects=[Subject("path", path) for path in unowned])
    if safe:
        yield passed(f"nobody but administrators may {verb} {named(safe, 2)}")
