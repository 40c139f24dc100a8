"""IIS111: a module that logs, filters or authenticates, and that a place of the site tree takes out."""

from collections.abc import Iterable, Iterator

from iisight.inventory.config.build import Server
from iisight.inventory.config.resolve import Change
from iisight.inventory.inventory import Inventory
from iisight.model.config import Dropped
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight

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
    "RequestFilteringModule": UNKNOWN,
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
    """Yield one finding for each directive that drops such modules and does not add them again."""
    for server in inventory.servers:
        for change in server.resolver.changes(_MODULES):
            yield from _judge(server, change)


def _judge(server: Server, change: Change) -> Iterator[Finding]:
    kept = {entry.key for entry in change.after.entries}
    by_directive: dict[str, list[Dropped]] = {}
    known = len(change.before.dropped)
    for dropped in change.after.dropped[known:]:
        if dropped.entry.key in _WATCHED.keys() - kept and dropped.by is not None and dropped.reason.startswith("<"):
            by_directive.setdefault(str(_WATCHED[dropped.entry.key]), []).append(dropped)
    for gone in by_directive.values():
        names = sorted({d.entry.key for d in gone})
        severity, confidence = _WATCHED[names[0]]
        if server.apphost is None:
            confidence = Confidence.LOW
        directives = " and ".join(sorted({d.reason for d in gone}))
        message = f"{directives} in modules takes {', '.join(names)} out of {change.node.scope or 'the server'}"
        evidence = [Evidence(d.by, f"{d.reason} of {d.entry.key}") for d in gone if d.by is not None]
        yield finding(INFO, message, evidence, severity=severity, confidence=confidence, scope=change.node.scope)
