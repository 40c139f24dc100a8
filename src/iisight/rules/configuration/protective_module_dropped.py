"""IIS111: a module that logs, filters or authenticates, and that a place of the site tree takes out."""

from collections.abc import Iterable

from iisight.inventory.config.build import Server
from iisight.inventory.config.resolve import Change
from iisight.inventory.inventory import Inventory
from iisight.inventory.track import identity
from iisight.model.config import Dropped
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding
from iisight.rules.configuration._weights import NOTED, ODD, Weight

INFO = RuleInfo(
    id="IIS111",
    title="Protective module dropped",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02"),
    attack=("T1505.004", "T1562.001", "T1562.002"),
)

_MODULES = "system.webServer/modules"
_WATCHED: dict[str, Weight] = {
    "HttpLoggingModule": ODD,
    "RequestFilteringModule": NOTED,  # Exchange takes it out of its own root
    **dict.fromkeys(
        (
            *("AnonymousAuthenticationModule", "BasicAuthenticationModule", "DigestAuthenticationModule"),
            *("WindowsAuthenticationModule", "CertificateMappingAuthenticationModule", "UrlAuthorizationModule"),
            *("IISCertificateMappingAuthenticationModule", "IpRestrictionModule", "DynamicIpRestrictionModule"),
            *("CustomErrorModule", "FailedRequestsTracingModule", "FileAuthorization", "UrlAuthorization"),
            *("FormsAuthentication", "WindowsAuthentication", "DefaultAuthentication", "RoleManager"),
        ),
        NOTED,
    ),
}


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield one finding for each place that drops such modules; what many applications do is told once."""
    for server in inventory.servers:
        places: dict[tuple[str, ...], list[tuple[str, list[Dropped]]]] = {}
        for change in server.resolver.changes(_MODULES):
            scope = change.node.scope
            for weight, gone in _dropped(change).items():
                names = sorted({d.entry.key for d in gone})
                places.setdefault((*names, "" if weight == NOTED else scope), []).append((scope, gone))
        for (*names, _), found in places.items():
            yield _tell(server, names, found)


def _dropped(change: Change) -> dict[Weight, list[Dropped]]:
    """Return what a change drops by a directive of its own and does not add again, by its weight."""
    kept = {entry.key for entry in change.after.entries}
    before = {identity(dropped.entry) for dropped in change.before.dropped}
    found: dict[Weight, list[Dropped]] = {}
    for dropped in change.after.dropped:
        directive = dropped.by is not None and dropped.reason.startswith("<")
        if directive and identity(dropped.entry) not in before and dropped.entry.key in _WATCHED.keys() - kept:
            found.setdefault(_WATCHED[dropped.entry.key], []).append(dropped)
    return found


def _tell(server: Server, names: list[str], found: list[tuple[str, list[Dropped]]]) -> Finding:
    severity, confidence = _WATCHED[names[0]]
    scope = found[0][0]
    every = [d for _, gone in found for d in gone]
    directives = " and ".join(sorted({d.reason for d in every}))
    more = f" and {len(found) - 1} more places" if len(found) > 1 else ""
    return finding(
        INFO,
        f"{directives} in modules takes {', '.join(names)} out of {scope or 'the server'}{more}",
        [Evidence(d.by, f"{d.reason} of {d.entry.key}") for d in every if d.by is not None],
        severity=severity,
        confidence=Confidence.LOW if server.apphost is None else confidence,
        scope=scope,
    )
