"""IIS148: .NET code whose name is Microsoft's and whose key is not."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from iisight.catalogue.lookup import catalogue
from iisight.catalogue.tables import split_table
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._types import microsoft_tokens
from iisight.rules.configuration._weights import ODD, UNKNOWN, Weight, tell

INFO = RuleInfo(
    id="IIS148",
    title="Type posing as one of Microsoft's",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-02", "L-03", "L-04", "L-14", "L-18", "L-19", "L-20", "L-21", "L-24", "L-25", "L-30", "L-31"),
    attack=("T1505.004", "T1036.005"),
    options={"known": ()},
)

_FOREIGN_KEY_TOLD = (  # by IIS123, IIS126, IIS128, IIS129, IIS127
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
_NO_KEY = "null"
_MAX_NAME = 256
Keys = Mapping[str, str]


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every type and start assembly with a name of Microsoft's and, for certain, no key of Microsoft's."""
    files = _keys_of_files(inventory)
    more = options["known"]
    known = {**_known(), **_listed(more if isinstance(more, tuple) else ())}
    for component in inventory.of(*_KINDS):
        type_ = component.type or ""
        name, _, token = assembly_of(type_)
        if not name or len(name) > _MAX_NAME or "[" in type_ or is_known(component):
            continue
        written = token or (_NO_KEY if _says_null(type_) else "")
        read = files.get(paths.fold(component.binary.path), "") if component.binary is not None else ""
        in_configuration = bool(written) and component.kind is not Kind.START_CODE
        key = written or read
        if key and not _is_owned(name, key, known) and not _is_told(component, name, key, in_configuration):
            weight = _weight(component, name, in_configuration)
            if weight is not None:
                yield tell(INFO, component, weight, _message(component, key, in_configuration))


def _keys_of_files(inventory: Inventory) -> dict[str, str]:
    """Return the key of every assembly that was read from an application, by its folded path."""
    found: dict[str, str] = {}
    for component in inventory.of(Kind.APP_ASSEMBLY, Kind.START_CODE):
        if component.binary is not None and component.type:
            found[paths.fold(component.binary.path)] = assembly_of(component.type)[2] or _NO_KEY
    return found


def _says_null(type_name: str) -> bool:
    return "publickeytoken=null" in type_name.lower().replace(" ", "")


def _is_owned(name: str, key: str, known: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a key is Microsoft's, or that of whoever publishes an assembly of this name."""
    if key in microsoft_tokens() or (key != _NO_KEY and catalogue().assembly_product(name, key) is not None):
        return True
    parts = name.lower().split(".")
    families = (".".join(parts[:n]) + ".*" for n in range(1, len(parts)))
    rows = [known[row] for row in ("*", name.lower(), *families) if row in known]
    return any(not keys or key in keys for keys in rows)


def _is_told(component: Component, name: str, key: str, in_configuration: bool) -> bool:
    """Tell whether the rule of that kind says the same: of a foreign key, or of the framework's own names (IIS133)."""
    if component.kind is Kind.START_CODE:
        return catalogue().is_framework_assembly(name, None)
    return component.kind in _FOREIGN_KEY_TOLD and in_configuration and key != _NO_KEY and _is_named(name)


def _weight(component: Component, name: str, in_configuration: bool) -> Weight | None:
    """A name of Microsoft's on the assembly weighs more than on the namespace, which extensions often share."""
    full_name = (component.type or "").partition(",")[0].strip()
    if not _is_named(name) and (component.kind is Kind.START_CODE or not _is_named(full_name)):
        return None
    certain = _is_named(name) or full_name in _catalogued_types()
    indirect = component.kind is Kind.TYPE_REFERENCE and not in_configuration
    return ODD if certain and not indirect else UNKNOWN


def _is_named(name: str) -> bool:
    return name.lower().startswith(_FAMILIES) or name.lower() in _ROOTS


def _message(component: Component, key: str, in_configuration: bool) -> str:
    place = "the configuration" if in_configuration else component.image
    what = f"{'names' if in_configuration else 'has'} {'no key' if key == _NO_KEY else f'the key {key}'}"
    return f"{component.kind} '{component.name}' is {component.type}, a name of Microsoft's: {place} {what}"


@cache
def _catalogued_types() -> frozenset[str]:
    rows = (row for table in _CATALOGUED for row in catalogue().rows(table))
    return frozenset(row["type"].partition(",")[0].strip() for row in rows) - {""}


@cache
def _known() -> Mapping[str, frozenset[str]]:
    text = resources.files("iisight.rules.configuration").joinpath("microsoft_named.csv").read_text("utf-8")
    return _listed(tuple(f"{row['name']} {row['tokens']}" for row in split_table(text)))


def _listed(entries: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Return names with their keys: each entry is a name and the keys after it; an equal name adds its keys."""
    found: dict[str, frozenset[str]] = {}
    for name, *keys in (entry.lower().split() for entry in entries if entry.strip()):
        found[name] = found.get(name, frozenset()) | frozenset(keys)
    return found
