"""IIS141: a copy of applicationHost.config that registers other code than the file in force."""

from collections.abc import Iterable, Iterator

from iisight.inventory.discovery import Role
from iisight.inventory.inventory import Copy, Inventory
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding, number_of
from iisight.rules.configuration._registrations import Difference, Row, difference, named, server_in_force

INFO = RuleInfo(
    id="IIS141",
    title="Configuration copy with other code",
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    mechanisms=(),
    attack=("T1505.004", "T1070"),
    options={"history": 3, "names": 5},
)
_KEPT = frozenset({Role.HISTORY, Role.BACKUP, Role.EXPORT})
_IGNORED = frozenset({Role.WOW64, Role.STRAY})


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield the copies whose code registrations differ from those in force: of the history the newest alone."""
    for copy in _chosen(inventory, number_of(options, "history")):
        server = server_in_force(inventory, copy.document.path)
        if server is None or server.apphost is None:
            continue
        differs = difference(copy.document, server)
        if differs:
            yield _finding(copy, differs, number_of(options, "names"))


def _chosen(inventory: Inventory, newest: int) -> Iterator[Copy]:
    """Yield the copies to compare; the folders of the history are numbered, so the last are the newest."""
    history = [c for c in inventory.copies if c.role == Role.HISTORY]
    skipped = {id(c) for c in history[: max(0, len(history) - newest)]}
    read = (c for c in inventory.copies if c.role in _KEPT | _IGNORED and c.document.root is not None)
    return (c for c in read if id(c) not in skipped)


def _finding(copy: Copy, differs: Difference, most: int) -> Finding:
    path = copy.document.path
    text = f"{copy.role} {path} {_said(differs, most)}"
    evidence = [*_evidence(differs.copy, "in the copy alone"), *_evidence(differs.in_force, "in force alone")]
    evidence.append(Evidence(Locator(path, origin=copy.document.origin), "the copy"))
    if copy.role not in _IGNORED:
        return finding(INFO, text, evidence)
    return finding(INFO, f"{text}; IIS does not read it", evidence, severity=Severity.LOW)


def _said(differs: Difference, most: int) -> str:
    more = f"registers {len(differs.copy)} not in force: {named(differs.copy, most)}" if differs.copy else ""
    less = f"lacks {len(differs.in_force)} in force: {named(differs.in_force, most)}" if differs.in_force else ""
    return "; ".join(part for part in (more, less) if part)


def _evidence(rows: tuple[Row, ...], note: str) -> list[Evidence]:
    return [Evidence(row.locator, f"{row.section}: {row.value or row.name} ({note})") for row in rows[:3]]
