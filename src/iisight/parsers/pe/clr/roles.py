"""Which types of an assembly are of a kind that ASP.NET or IIS runs."""

from collections import defaultdict
from dataclasses import dataclass

from iisight.model.examination import ManagedType
from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.names import Names, Row, target
from iisight.parsers.pe.clr.tables import column

MODULE = "System.Web.IHttpModule"
APPLICATION = "System.Web.HttpApplication"

_INTERFACE, _ABSTRACT = 0x20, 0x80  # TypeAttributes (II.23.1.15)


@dataclass(frozen=True, slots=True)
class Roles:
    """Roles by number of the TypeDef, those of interfaces and abstract types included."""

    by_type: dict[int, tuple[str, ...]]

    def having(self, role: str) -> list[int]:
        """Return the types with a role, in order."""
        return sorted(number for number, roles in self.by_type.items() if role in roles)


def find_roles(names: Names) -> Roles:
    """Return the types that derive from or implement one of the known ones, through types of this assembly."""
    roots = names.called(column("roles", "type"), (schema.TYPE_REF, schema.TYPE_DEF))
    if not roots:
        return Roles({})
    children = _children(names)
    found: dict[int, set[str]] = defaultdict(set)
    for root, role in roots.items():
        _spread(root, role, children, found)
    return Roles({number: tuple(sorted(roles)) for number, roles in found.items()})


def types_with_roles(names: Names, roles: Roles) -> tuple[ManagedType, ...]:
    """Return those that can be made, in the order of the table."""
    made = (number for number in sorted(roles.by_type) if not is_abstract(names, number))
    return tuple(ManagedType(names.type(schema.TYPE_DEF, number), roles.by_type[number]) for number in made)


def is_abstract(names: Names, number: int) -> bool:
    """Tell whether a TypeDef is an interface or abstract, so that nobody can make one; or is not there."""
    row = names.metadata.row(schema.TYPE_DEF, number)
    return row is None or bool(row[0] & (_INTERFACE | _ABSTRACT))


def _children(names: Names) -> dict[Row, list[int]]:
    """Return for each type those that name it as their base or interface."""
    parents = [(number, row[3]) for number, row in enumerate(names.metadata.rows(schema.TYPE_DEF), 1)]
    parents += [(row[0], row[1]) for row in names.metadata.rows(schema.INTERFACE_IMPL)]
    children: dict[int, list[int]] = defaultdict(list)
    for number, coded in parents:
        children[coded].append(number)
    by_row: dict[Row, list[int]] = defaultdict(list)
    for coded, numbers in children.items():
        by_row[names.definition(*target("TypeDefOrRef", coded))] += numbers
    return by_row


def _spread(root: Row, role: str, children: dict[Row, list[int]], found: dict[int, set[str]]) -> None:
    """Give a role to all that descend from a type."""
    waiting = [root]
    while waiting:
        for number in children.get(waiting.pop(), ()):
            if role not in found[number]:
                found[number].add(role)
                waiting.append((schema.TYPE_DEF, number))
