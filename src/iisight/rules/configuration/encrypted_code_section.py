"""IIS146: an encrypted section in which code can be registered unseen."""

from collections.abc import Iterable, Iterator
from itertools import chain

from iisight.catalogue.schema import code_attributes
from iisight.inventory.config.build import Server
from iisight.inventory.config.records import Record, encrypted
from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding

INFO = RuleInfo(
    id="IIS146",
    title="Encrypted section that can register code",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-03", "L-04", "L-24"),
    attack=("T1505.004", "T1027"),
)
_MODULES = frozenset({"system.web/httpModules", "system.web/httpHandlers"})
_SECRETS = frozenset(
    {
        "system.web/machineKey",
        "system.web/membership",
        "system.web/profile",
        "system.web/roleManager",
        "system.web/sessionState",
        "system.web/caching/outputCache",
        "system.net/defaultProxy",
        "system.webServer/aspNetCore",
    }
)
"""Sections that hold passwords beside types: administrators encrypt them for good reason."""


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every encrypted section that could hold code, once for the place it is written at."""
    code = {fact.section for fact in code_attributes()} - _SECRETS
    told: set[Locator] = set()
    for server in inventory.servers:
        for record, scope in _records(server):
            problem = encrypted(record) if record.section in code else None
            if problem is not None and problem.locator not in told:
                told.add(problem.locator)
                yield _finding(record, scope, problem.locator)


def _records(server: Server) -> Iterator[tuple[Record, str]]:
    """Yield every section of every file with the configuration path it is set at."""
    for records in server.resolver.frameworks.values():
        yield from ((record, "") for record in records)
    for node in server.tree:
        yield from ((record, node.scope) for record in chain.from_iterable(node.inputs.values()))
        yield from ((unread.record, node.scope) for unread in node.unread)


def _finding(record: Record, scope: str, place: Locator) -> Finding:
    provider = record.element.get("configProtectionProvider") or "an unnamed provider"
    text = f"{record.section} of {record.document.path} is encrypted by {provider}: which code it names is not known"
    evidence = [Evidence(place, "EncryptedData")]
    if record.section in _MODULES:
        return finding(INFO, text, evidence, scope=scope)
    return finding(INFO, text, evidence, scope=scope, confidence=Confidence.LOW)
