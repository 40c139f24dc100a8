"""preCondition: which pools an entry is for (IIS schema, `preCondition`; iis.md L-01)."""

from collections.abc import Iterable

from iisight.inventory.config.host import Pool

PER_REQUEST = frozenset({"managedhandler"})
"""Conditions that the request decides, not the pool."""


def tokens(precondition: str) -> tuple[str, ...]:
    """Return the conditions of a preCondition attribute, lower-case."""
    return tuple(t.strip().lower() for t in precondition.split(",") if t.strip())


def is_met(precondition: str, pool: Pool) -> bool:
    """Tell whether a pool meets every condition; what is not known of a pool counts as met."""
    return all(_holds(token, pool) for token in tokens(precondition))


def pools_meeting(precondition: str, pools: Iterable[Pool]) -> tuple[str, ...] | None:
    """Return the names of the pools that meet a preCondition, sorted; None when all do or none is known."""
    known = list(pools)
    met = sorted(pool.name for pool in known if is_met(precondition, pool))
    return None if len(met) == len(known) else tuple(met)


def _holds(token: str, pool: Pool) -> bool:
    if token in {"bitness32", "bitness64"}:
        return pool.bits is None or pool.bits == int(token[-2:])
    if token == "integratedmode":
        return pool.integrated is not False
    if token in {"classicmode", "isapimode"}:
        return pool.integrated is not True
    if token.startswith("runtimeversion"):
        return pool.runtime is None or pool.runtime.lower() == token.removeprefix("runtimeversion")
    return True
