"""IIS135: an unknown module that stands before everything that authenticates."""

from collections.abc import Iterable, Iterator

from iisight.inventory.config.resolve import Change
from iisight.inventory.inventory import Inventory
from iisight.inventory.track import identity
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, is_known
from iisight.rules.configuration._types import is_product_type
from iisight.rules.configuration._weights import (
    NOTED,
    ODD,
    UNKNOWN,
    Weight,
    content_folders,
    place_among,
    tell,
)

INFO = RuleInfo(
    id="IIS135",
    title="Unknown module goes first",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02"),
)

_MODULES = "system.webServer/modules"
_AUTHENTICATION = frozenset(
    {
        *("AnonymousAuthenticationModule", "BasicAuthenticationModule", "DigestAuthenticationModule"),
        *("WindowsAuthenticationModule", "CertificateMappingAuthenticationModule"),
        "IISCertificateMappingAuthenticationModule",
    }
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every module that a scope adds before the first module that authenticates."""
    folders = content_folders(inventory)
    for server in inventory.servers:
        unknown = _unknown(inventory, server.name)
        said: set[str] = set()
        for change in server.resolver.changes(_MODULES) if unknown else ():
            for component, position, next_one in _before_authentication(change, unknown):
                if component.id not in said:
                    said.add(component.id)
                    place = change.node.scope or "the server"
                    message = (
                        f"{component.kind} '{component.name}' is number {position} in modules of {place}, "
                        f"before {next_one}"
                    )
                    yield tell(INFO, component, _weight(component, position, folders), message)


def _unknown(inventory: Inventory, server: str) -> dict[str, Component]:
    """Return the unknown modules of a server by name."""
    modules = (c for c in inventory.of(Kind.NATIVE_MODULE, Kind.MANAGED_MODULE) if c.server == server)
    return {c.name: c for c in modules if not is_known(c) and not is_product_type(c.type or "")}


def _before_authentication(change: Change, unknown: dict[str, Component]) -> Iterator[tuple[Component, int, str]]:
    entries = change.after.entries
    inherited = {identity(entry) for entry in change.before.entries}
    first = next((i for i, entry in enumerate(entries) if entry.key in _AUTHENTICATION), 0)
    for position, entry in enumerate(entries[:first], 1):
        component = unknown.get(entry.key)
        if component is not None and identity(entry) not in inherited:
            yield component, position, entries[first].key


def _weight(component: Component, position: int, folders: frozenset[str]) -> Weight:
    """Single sign-on and firewall products put themselves first as well."""
    if component.kind is not Kind.NATIVE_MODULE or position > 1:
        return NOTED
    return ODD if component.image and place_among(component.image, folders) in EXPOSED else UNKNOWN
