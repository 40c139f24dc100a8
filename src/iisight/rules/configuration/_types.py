"""Whose a .NET type is, by the assembly its name gives."""

from iisight.catalogue.lookup import catalogue
from iisight.inventory.link import assembly_of

_FAMILIES = ("microsoft.", "system.", "mscorlib")


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


def microsoft_tokens() -> frozenset[str]:
    """Return the public key tokens of Microsoft."""
    rows = catalogue().rows("public_key_tokens")
    return frozenset(row["token"] for row in rows if row["owner"].startswith("Microsoft"))
