"""What a text must hold for an action to come of it."""

from functools import cache

from iisight.model.need import AnyOf, Need, all_of, holds, literals, squeezed
from iisight.parsers.commands.tables import read_table


@cache
def need() -> Need:
    """Return the need of every command line and script that gives an action."""
    return AnyOf(tuple(all_of(*row.split("|")) for (row,) in read_table("needs") if row != "(hiding)"))


def may_act(*texts: str) -> bool:
    """Tell whether texts meet the need; what does not is not read, so that a prefilter takes nothing away."""
    text = squeezed("\n".join(texts))
    return holds(need(), {literal for literal in _literals() if literal in text})


@cache
def _literals() -> frozenset[str]:
    return frozenset(literals(need()))
