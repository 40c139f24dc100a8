"""What a text must hold for an action to come of it."""

from functools import cache, lru_cache

from iisight.model.need import AnyOf, Need, all_of, holds, literals, squeezed
from iisight.parsers.commands.tables import read_table

COMMAND, SCRIPT = "command", "script"


@cache
def need(kind: str = COMMAND) -> Need:
    """Return the need of every text of a kind that gives an action; that of scripts says little: they join names."""
    rows = (row for row, where in read_table("needs") if where in ("", kind) and row != "(hiding)")
    return AnyOf(tuple(all_of(*row.split("|")) for row in rows))


def may_act(kind: str, *texts: str) -> bool:
    """Tell whether texts meet the need; what does not is not read, so that a prefilter takes nothing away."""
    text = squeezed("\n".join(texts))
    return _holds(kind, frozenset([literal for literal in _literals(kind) if literal in text]))


@lru_cache(4096)
def _holds(kind: str, found: frozenset[str]) -> bool:
    return holds(need(kind), found)


@cache
def _literals(kind: str) -> frozenset[str]:
    return frozenset(literals(need(kind)))
