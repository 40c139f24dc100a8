"""IIS129: a .NET type that URL Rewrite calls, of no known product."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._types import is_product_type, poses_as_microsoft
from iisight.rules.configuration._weights import ODD, UNKNOWN, tell

INFO = RuleInfo(
    id="IIS129",
    title="Unknown URL Rewrite provider",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-21",),
    options={"known": ("microsoft.web.iis.rewrite.providers 0545b0627da60a5f",)},
)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every rewrite provider but those of Microsoft's extensibility samples."""
    known = options["known"]
    for component in inventory.of(Kind.REWRITE_PROVIDER):
        type_ = component.type or ""
        simple, _, token = assembly_of(type_)
        listed = isinstance(known, tuple) and f"{simple.lower()} {token}" in known
        if listed or is_known(component) or is_product_type(type_):
            continue
        message = f"URL Rewrite provider '{component.name}' is {type_}"
        if poses_as_microsoft(type_):
            yield tell(INFO, component, ODD, f"{message}: a name of Microsoft's under a foreign key")
        else:
            yield tell(INFO, component, UNKNOWN, message)
