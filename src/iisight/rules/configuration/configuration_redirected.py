"""IIS137: redirection.config makes IIS read its configuration from somewhere else."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.config.build import Server
from iisight.inventory.discovery import APPHOST, Role
from iisight.inventory.inventory import Inventory
from iisight.model.config import Document, Element
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, finding, is_known, number_of, place_of
from iisight.rules.configuration._registrations import Row, difference, named

INFO = RuleInfo(
    id="IIS137",
    title="Redirected configuration",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    options={"names": 5},
)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every redirection that is switched on; a share alone is what web farms do."""
    for role, document in inventory.documents:
        root = document.root if role == "redirection.config" else None
        element = None if root is None else root.child("configurationRedirection")
        if element is not None and element.get("enabled").strip().lower() == "true":
            yield _judge(inventory, document, element, number_of(options, "names"))


def _judge(inventory: Inventory, document: Document, element: Element, most: int) -> Finding:
    folder = paths.parent(document.path)
    here = paths.fold(folder)
    beside = (s for s in inventory.servers if paths.fold(s.config_folder) == here)
    server = next((s for s in beside if s.name != "IIS Manager"), None)
    variables = server.variables if server is not None else paths.default_variables(document.path[:2])
    target = paths.expand(element.get("path"), variables)
    text = f"IIS reads its configuration from {target or '(no path)'}"
    evidence = [Evidence(document.at(element), f'configurationRedirection: path="{element.get("path")}"')]
    unknown = _added(inventory, server, paths.join(folder, APPHOST)) if server is not None else []
    if unknown:
        text += f", which registers what the local {APPHOST} does not: {named(unknown, most)}"
        evidence += [Evidence(row.locator, f"{row.section}: {row.value or row.name}") for row in unknown[:5]]
    place = place_of(paths.join(target, APPHOST))
    if place is not Place.REMOTE:
        text += f" ({place})"
    if unknown or not (place is Place.REMOTE or paths.fold(target) == here):
        return finding(INFO, text, evidence)
    return finding(INFO, text, evidence, severity=Severity.INFO, confidence=Confidence.LOW)


def _added(inventory: Inventory, server: Server, local: str) -> list[Row]:
    """Return the rows in force that the local file lacks, without those the catalogue knows."""
    here = paths.fold(local)
    copies = (c.document for c in inventory.copies if c.role == Role.REDIRECTED)
    document = next((d for d in copies if paths.fold(d.path) == here and d.root is not None), None)
    if document is None:
        return []
    doubtful = {r.locator for c in inventory.components if not is_known(c) for r in c.registrations}
    return [row for row in difference(document, server).in_force if row.locator in doubtful]
