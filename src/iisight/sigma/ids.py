"""The event ids that a condition can be met by."""

from iisight.sigma.rule import Comparison, Every, Node, Number, Some, Text
from iisight.sigma.values import as_number

FIELD = "eventid"


def ids_of(node: Node, bound: frozenset[int] | None) -> frozenset[int] | None:
    """Return the ids of the events that can meet a condition, of those given; None for any."""
    own = _ids(node)
    if own is None or bound is None:
        return bound if own is None else own
    return own & bound


def _ids(node: Node) -> frozenset[int] | None:
    if isinstance(node, Every):
        known = [ids for ids in map(_ids, node.parts) if ids is not None]
        return frozenset.intersection(*known) if known else None
    if isinstance(node, Some):
        parts = [_ids(part) for part in node.parts]
        known = [ids for ids in parts if ids is not None]
        return frozenset().union(*known) if len(known) == len(parts) else None
    return _asked(node)


def _asked(node: Node) -> frozenset[int] | None:
    if isinstance(node, Number) and node.field.lower() == FIELD and node.operator is Comparison.EQ:
        return frozenset({int(node.number)} if node.number == int(node.number) else ())
    if isinstance(node, Text) and node.field.lower() == FIELD and len(node.pattern) == 1:
        number = as_number(node.pattern[0]) if isinstance(node.pattern[0], str) else None
        return None if number is None else frozenset({int(number)})
    return None
