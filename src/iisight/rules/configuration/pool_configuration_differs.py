"""IIS142: the configuration generated for a pool registers other code than applicationHost.config."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.inventory.inventory import Copy, Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding, number_of
from iisight.rules.configuration._registrations import Difference, Row, difference, named, server_in_force

INFO = RuleInfo(
    id="IIS142",
    title="Pool configuration with other code",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-06"),
    attack=("T1505.004", "T1070"),
    options={"names": 5},
)
_NATIVE = {"globalModules": Kind.NATIVE_MODULE, "isapiFilters": Kind.ISAPI_FILTER}


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield the pools whose worker processes were given other code than applicationHost.config names now."""
    for copy in inventory.copies:
        server = server_in_force(inventory, copy.document.path)
        if copy.role != "pool configuration" or copy.document.root is None or server is None:
            continue
        differs = _shared(difference(copy.document, server))
        if differs:
            yield _finding(copy, differs, number_of(options, "names"))


def _shared(differs: Difference) -> Difference:
    """Leave out what a pool's file may lack: the locations of other pools' sites."""
    return Difference(differs.copy, tuple(row for row in differs.in_force if not row.location))


def _finding(copy: Copy, differs: Difference, most: int) -> Finding:
    path = copy.document.path
    evidence = [Evidence(row.locator, f"{row.section}: {row.value or row.name}") for row in differs.copy[:4]]
    evidence += [Evidence(row.locator, f"{row.section}: {row.value or row.name}") for row in differs.in_force[:3]]
    evidence.append(Evidence(Locator(path, origin=copy.document.origin), "generated when the pool started"))
    native = [row for row in differs.copy if row.section in _NATIVE]
    if native:
        text = f"{path} loads {named(native, most)}, which applicationHost.config does not register"
        if any(not _is_known(row) for row in native):
            return finding(INFO, text, evidence)
        return finding(INFO, text, evidence, severity=Severity.LOW)
    parts = (
        f"registers {named(differs.copy, most)}, which applicationHost.config does not" if differs.copy else "",
        f"lacks {named(differs.in_force, most)} of applicationHost.config" if differs.in_force else "",
    )
    text = f"{path} " + " and ".join(part for part in parts if part)
    return finding(INFO, text, evidence, severity=Severity.LOW, confidence=Confidence.LOW)


def _is_known(row: Row) -> bool:
    match = catalogue().match(_NATIVE[row.section], row.name, row.value, None, "", "")
    return match is not None and "image" in match.agrees and "name" in match.agrees
