"""Which changes leave an event: the audit policy, and the SACLs of the objects."""

from collections.abc import Iterable, Iterator

from iisight.model.acl import DELETE, WRITE_DAC, WRITE_DATA, Ace, AceKind, Acl
from iisight.model.posture import Point, Subject
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import failed, named, passed, plural, unknown
from iisight.rules.hardening._rights import Target

WANTED = {"writing": WRITE_DATA, "deleting": DELETE, "changing rights": WRITE_DAC}
"""What a SACL has to record: for a key WRITE_DATA is setting a value."""
_EVERYBODY = frozenset({"S-1-1-0"})
_HOW = "SACLs: Get-Acl -Audit, columns Path, Sddl and Sacl (true), in an export beside the evidence"


def audit_points(host: Host, targets: Iterable[Target], *, inside: bool) -> Iterator[Point]:
    """Yield the objects whose change leaves no event, those of which nobody knows, and the rest."""
    done: list[str] = []
    untold: list[str] = []
    for target in dict.fromkeys(targets):
        acl = host.protection.acls.of(target.path)
        if acl is None or acl.audits is None:
            untold += [] if target.is_optional and acl is None else [target.path]
            continue
        lost = unrecorded(acl, inside=inside)
        if lost:
            subject = Subject("path", target.path, tuple(("lost", what) for what in lost))
            yield failed(f"no event tells of {named(lost)} {target.path}", acl.locator, subjects=[subject])
        elif acl.doubts:
            untold.append(target.path)
        else:
            done.append(target.path)
    if untold:
        message = f"what is recorded of {plural(len(untold), 'object')} is not known: {named(untold, 2)}"
        yield unknown(message, [_HOW], subjects=[Subject("path", path) for path in untold])
    if done:
        yield passed(f"changes are recorded of {named(done)}")


def unrecorded(acl: Acl, *, inside: bool) -> tuple[str, ...]:
    """Return what a SACL does not record when anybody at all does it with success; `inside`: in a folder's files."""
    held = 0
    for ace in acl.audits or ():
        if _counts(ace, inside):
            held |= ace.mask
    return tuple(what for what, right in WANTED.items() if not held & right)


def _counts(ace: Ace, inside: bool) -> bool:
    reaches = ace.to_files if inside else not ace.inherit_only
    everybody = ace.trustee.sid.upper() in _EVERYBODY and not ace.conditional
    return ace.kind is AceKind.AUDIT and ace.on_success and everybody and reaches
