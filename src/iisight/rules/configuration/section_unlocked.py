"""IIS140: a section that stock IIS keeps to the server, and that this server leaves to its sites."""

from collections.abc import Iterable, Iterator

from iisight.catalogue import schema
from iisight.catalogue.schema import SectionFact
from iisight.inventory.config.build import Server
from iisight.inventory.config.declarations import Declaration
from iisight.inventory.config.tree import Node
from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS140",
    title="Section unlocked against the stock state",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-04", "L-05", "L-06"),
    attack=("T1505.004", "T1562.001"),
)

_SERVER_LEVEL = 2
_SERVER_ONLY = "AppHostOnly"
_EXPRESS = "IIS Express"
_WATCHED: dict[str, Weight] = {
    **dict.fromkeys(
        (
            *("system.webServer/globalModules", "system.webServer/isapiFilters", "system.webServer/fastCgi"),
            *("system.webServer/security/isapiCgiRestriction", "system.applicationHost/applicationPools"),
            *("system.applicationHost/sites", "system.applicationHost/serviceAutoStartProviders"),
            *("system.applicationHost/listenerAdapters", "system.applicationHost/log"),
            *("system.applicationHost/configHistory", "system.webServer/rewrite/globalRules"),
        ),
        ODD,
    ),
    **dict.fromkeys(
        (
            *("system.webServer/cgi", "system.webServer/serverSideInclude", "system.webServer/httpLogging"),
            *("system.webServer/tracing/traceProviderDefinitions", "system.webServer/webdav/globalSettings"),
            *("system.webServer/webdav/authoring", "system.webServer/proxy"),
        ),
        UNKNOWN,
    ),
    "system.webServer/modules": NOTED,
    "system.webServer/handlers": NOTED,
}
_DELEGATED = frozenset({"system.webServer/modules", "system.webServer/handlers"})
"""What ASP.NET's setup unlocks with `<location path="" overrideMode="Allow">`."""


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every such section of an applicationHost.config: by its declaration, or by a location."""
    for server in inventory.servers:
        if server.apphost is not None:
            yield from _declared(server)
            yield from _located(server)


def _declared(server: Server) -> Iterator[Finding]:
    for section in _WATCHED:
        fact, declaration = schema.section_fact(section), server.resolver.declarations.find(section)
        if fact is None or declaration is None or declaration.element is None or declaration.document is None:
            continue
        loose = [
            f"{name} {value}"
            for name, value in (
                ("allowDefinition", _looser_level(fact, declaration.allow_definition)),
                ("overrideModeDefault", _looser_mode(fact, declaration)),
            )
            if value
        ]
        if loose:
            message = f"section {section} is declared with {' and '.join(loose)}"
            yield _tell(server, section, message, declaration.document.at(declaration.element), "")


def _looser_level(fact: SectionFact, stated: str) -> str:
    """Return what is said of where a section may stand, when stock keeps it to the server."""
    return f"{stated} (stock: {_SERVER_ONLY})" if fact.allow_definition == _SERVER_ONLY != stated else ""


def _looser_mode(fact: SectionFact, declaration: Declaration) -> str:
    """Return what is said of who may override; of a section kept to the server it unlocks nothing."""
    unlocked = declaration.override_default.capitalize() == "Allow" and declaration.allow_definition != _SERVER_ONLY
    return "Allow (stock: Deny)" if fact.override_default == "Deny" and unlocked else ""


def _located(server: Server) -> Iterator[Finding]:
    for node in server.tree:
        for section in sorted(_WATCHED.keys() & node.inputs.keys()):
            for record in node.inputs[section]:
                if record.level == _SERVER_LEVEL and record.override == "Allow" and not _is_harmless(section, node):
                    message = f"a location unlocks section {section} for {node.scope or 'the server'} and below"
                    yield _tell(server, section, message, record.document.at(record.element), node.scope)


def _is_harmless(section: str, node: Node) -> bool:
    """Tell whether ASP.NET's setup does the same, or whether the section may stand in no web.config anyway."""
    fact = schema.section_fact(section)
    server_only = fact is not None and fact.allow_definition == _SERVER_ONLY
    return server_only or (section in _DELEGATED and not node.scope)


def _tell(server: Server, section: str, message: str, place: Locator, scope: str) -> Finding:
    severity, confidence = _WATCHED[section]
    if server.name.startswith(_EXPRESS):
        confidence = Confidence.LOW
    return finding(INFO, message, [Evidence(place, message)], severity=severity, confidence=confidence, scope=scope)
