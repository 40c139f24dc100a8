"""IIS934: changing what worker processes inherit from the registry leaves no event."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Point
from iisight.model.protection import Subcategory
from iisight.rules._common import Options
from iisight.rules.hardening._audited import audit_points
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info
from iisight.rules.hardening._recording import policy_points
from iisight.rules.hardening._rights import Target

INFO = check_info(
    "IIS934",
    "Changes of the registry that leave no event",
    Severity.LOW,
    "M1047",
    "Audit the registry, with SACLs on the keys of W3SVC, WAS and InetStp",
)
TARGETS = (
    Target(r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC", "environment of worker processes"),
    Target(r"HKLM\SYSTEM\CurrentControlSet\Services\WAS", "environment of worker processes"),
    Target(r"HKLM\SOFTWARE\Microsoft\InetStp", "what is installed"),
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield what the audit policy says, and the keys whose change leaves no event."""
    yield from policy_points(host, Subcategory.REGISTRY, "registry")
    yield from audit_points(host, TARGETS, inside=False)
