"""What protects the server besides its configuration: lists of rights, audit policy, application control, services."""

from collections.abc import Iterator

from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.inventory.inventory import Inventory
from iisight.inventory.protection.acls import listed_acls
from iisight.inventory.protection.application_control import dll_rules_of, exported_dll_rules
from iisight.inventory.protection.auditing import audit_policy
from iisight.inventory.protection.members import administrators
from iisight.inventory.registry import Asked
from iisight.model.acl import Acls
from iisight.model.coverage import Gap
from iisight.model.locator import Locator
from iisight.model.protection import Protection
from iisight.model.registry import Key, Registry
from iisight.tables import rows

MAX_POLICIES = 200
_CODE_INTEGRITY = r"Windows\System32\CodeIntegrity"


def protection_of(
    source: Source, inventory: Inventory, registry: Registry | None, gaps: list[Gap], acls: Acls | None = None
) -> Protection:
    """Return what the evidence tells of it; `acls` are those of a live host, else those of exports are taken."""
    asked = None if registry is None else Asked(registry, gaps)
    exported = exported_dll_rules(source, gaps)
    stored = None if asked is None else dll_rules_of(asked)
    rules = exported if exported is not None else stored
    return Protection(
        acls=listed_acls(source, gaps) if acls is None else acls,
        audit=audit_policy(source, gaps),
        dll_rules=None if rules is None else rules.dll,
        no_dll_rules=rules is not None and rules.dll is None,
        code_integrity=_code_integrity(source, _drive(inventory)),
        administrators=administrators(source, gaps),
        keys={} if asked is None else dict(_keys(asked)),
        hives=() if asked is None else asked.hives,
        folders=frozenset(_folders(source, inventory)),
    )


def _keys(asked: Asked) -> Iterator[tuple[str, Key | None]]:
    for row in rows("iisight.inventory.protection", "keys"):
        yield row["key"].upper(), asked.key(row["key"])


def _drive(inventory: Inventory) -> str:
    folder = next((s.config_folder for s in inventory.servers if s.config_folder), "C:")
    return folder.partition("\\")[0] or "C:"


def _code_integrity(source: Source, drive: str) -> tuple[Locator, ...] | None:
    """Return the policies of App Control for Business by file; None when their folder is not in the evidence."""
    folder = f"{drive}\\{_CODE_INTEGRITY}"
    if not source.has_folder(folder):
        return None
    found = [f for f in source.below(folder) if f.path.lower().endswith((".cip", "\\sipolicy.p7b"))]
    return tuple(Locator(f.path, origin=f.origin) for f in found[:MAX_POLICIES])


def _folders(source: Source, inventory: Inventory) -> Iterator[str]:
    for server in inventory.servers:
        for mapping in server.mappings:
            folder = server.expand(mapping.folder)
            if folder and source.has_folder(folder):
                yield paths.fold(folder)
                yield from (paths.fold(b) for b in (paths.join(folder, "bin"),) if source.has_folder(b))
