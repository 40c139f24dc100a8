"""Whose a .NET type is, by the assembly its name gives."""

from iisight.catalogue.lookup import catalogue
from iisight.inventory.link import assembly_of
from iisight.model.component import Component

_FAMILIES = ("microsoft.", "system.", "mscorlib")
_STOCK_TIERS = frozenset({"core", "ms"})


def is_product_type(type_name: str) -> bool:
    """Tell whether a type is of an assembly that the catalogue knows under the key it names."""
    simple, _, token = assembly_of(type_name)
    if not simple:
        return False
    if token and poses_as_microsoft(type_name):
        return False
    return catalogue().assembly_product(simple, token or None) is not None or (
        token in microsoft_tokens() and simple.lower().startswith(_FAMILIES)
    )


def poses_as_microsoft(type_name: str) -> bool:
    """Tell whether an assembly has a name of Microsoft's and the key of somebody else."""
    simple, _, token = assembly_of(type_name)
    named = simple.lower().startswith(_FAMILIES)
    product = catalogue().assembly_product(simple, token) if token else None
    return named and bool(token) and token not in microsoft_tokens() and product is None


def wears_stock_name(component: Component) -> bool:
    """Tell whether a component bears the name of one of Microsoft's and is of another type: IIS103 says so."""
    match = component.match
    if match is None or match.tier not in _STOCK_TIERS or is_product_type(component.type or ""):
        return False
    return "name" in match.agrees and "type" in match.differs


def microsofts(simple_name: str) -> str | None:
    """Return the product of an assembly that the catalogue knows to be signed by Microsoft; None for others."""
    products = (catalogue().assembly_product(simple_name, token) for token in microsoft_tokens())
    return next((product for product in products if product is not None), None)


def microsoft_tokens() -> frozenset[str]:
    """Return the public key tokens of Microsoft."""
    rows = catalogue().rows("public_key_tokens")
    return frozenset(row["token"] for row in rows if row["owner"].startswith("Microsoft"))
