"""IIS148: .NET code whose name is Microsoft's and whose key is not."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from iisight.catalogue.lookup import catalogue
from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._keys import NO_KEY, AssemblyKeys, Key
from iisight.rules.configuration._types import microsoft_tokens, microsofts
from iisight.rules.configuration._weights import ODD, UNKNOWN, Weight, tell
from iisight.tables import split_table

INFO = RuleInfo(
    id="IIS148",
    title="Type posing as one of Microsoft's",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-02", "L-03", "L-04", "L-14", "L-18", "L-19", "L-20", "L-21", "L-24", "L-25", "L-30", "L-31"),
    attack=("T1505.004", "T1036.005"),
    options={"known": ()},
)

_FOREIGN_KEY_TOLD = (  # by IIS123, IIS126, IIS128, IIS129, IIS127, where the configuration names it
    *(Kind.AUTO_START, Kind.FTP_PROVIDER, Kind.MANAGER_PROVIDER, Kind.REWRITE_PROVIDER, Kind.WAS_PROTOCOL),
)
_KINDS = (
    *_FOREIGN_KEY_TOLD,
    *(Kind.MANAGED_MODULE, Kind.MANAGED_HANDLER, Kind.DATABASE_PROVIDER, Kind.DEPLOY_RULE, Kind.TYPE_REFERENCE),
    Kind.START_CODE,
)
_FAMILIES = ("microsoft.", "system.")
_ROOTS = frozenset({"microsoft", "system", "mscorlib"})
_CATALOGUED = ("managed_modules", "handlers", "http_handlers", "stock_types", "module_providers")
_MAX_NAME = 256
Known = Mapping[str, frozenset[str]]


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every type and start assembly with a name of Microsoft's and, for certain, no key of Microsoft's."""
    keys = AssemblyKeys(inventory)
    named = options["known"]
    known = {**_known(), **_listed(named if isinstance(named, tuple) else ())}
    for component in inventory.of(*_KINDS):
        name = assembly_of(component.type or "")[0]
        if not name or len(name) > _MAX_NAME or "[" in (component.type or "") or is_known(component):
            continue
        key = keys.key_of(component) if _poses(component, name) else None
        if key is not None and not _is_owned(name, key.token, known) and not _is_told(component, name, key):
            message = f"{component.kind} '{component.name}' is {component.type}, a name of Microsoft's: {key}"
            more = [Evidence(Locator(key.file), str(key))] if key.file and component.binary is None else []
            yield tell(INFO, component, _weight(component, name, key), message, *more)


def _poses(component: Component, name: str) -> bool:
    """Tell whether the assembly, or the namespace of the type, has a name of Microsoft's."""
    return _is_named(name) or (component.kind is not Kind.START_CODE and _is_named(_full_name(component)))


def _is_named(name: str) -> bool:
    return name.lower().startswith(_FAMILIES) or name.lower() in _ROOTS


def _full_name(component: Component) -> str:
    return (component.type or "").partition(",")[0].strip()


def _is_owned(name: str, token: str, known: Known) -> bool:
    """Tell whether a key is Microsoft's, or that of whoever publishes an assembly of this name."""
    if token in microsoft_tokens() or (token != NO_KEY and catalogue().assembly_product(name, token) is not None):
        return True
    parts = name.lower().split(".")
    families = (".".join(parts[:n]) + ".*" for n in range(1, len(parts)))
    rows = [known[row] for row in ("*", name.lower(), *families) if row in known]
    return any(not tokens or token in tokens for tokens in rows)


def _is_told(component: Component, name: str, key: Key) -> bool:
    """Tell whether the rule of that kind says the same: IIS133 of start code with the very name of a product's."""
    if component.kind is Kind.START_CODE:
        return microsofts(name) is not None
    named = not key.file and key.token != NO_KEY and _is_named(name)
    return component.kind in _FOREIGN_KEY_TOLD and named


def _weight(component: Component, name: str, key: Key) -> Weight:
    """What the rest of ASP.NET refers to weighs less: by its file alone, or by a namespace that is nobody's type."""
    if component.kind is not Kind.TYPE_REFERENCE:
        return ODD
    certain = _is_named(name) or _full_name(component) in _catalogued_types()
    return ODD if certain and not key.file else UNKNOWN


@cache
def _catalogued_types() -> frozenset[str]:
    rows = (row for table in _CATALOGUED for row in catalogue().rows(table))
    return frozenset(row["type"].partition(",")[0].strip() for row in rows) - {""}


@cache
def _known() -> Known:
    text = resources.files("iisight.rules.configuration").joinpath("microsoft_named.csv").read_text("utf-8")
    return _listed(tuple(f"{row['name']} {row['tokens']}" for row in split_table(text)))


def _listed(entries: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Return names with their keys: each entry is a name and the keys after it; an equal name adds its keys."""
    found: dict[str, frozenset[str]] = {}
    for name, *keys in (entry.lower().split() for entry in entries if entry.strip()):
        found[name] = found.get(name, frozenset()) | frozenset(keys)
    return found
