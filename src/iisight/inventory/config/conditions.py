"""preCondition: which pools an entry is for (IIS schema; docs/design/resolution.md)."""

from collections.abc import Iterable

from iisight.inventory.config.host import Pool


def tokens(precondition: str) -> tuple[str, ...]:
    """Return the conditions of a preCondition attribute, lower-case."""
    return tuple(t.strip().lower() for t in precondition.split(",") if t.strip())


def is_met(precondition: str, pool: Pool) -> bool:
    """Tell whether a pool meets every condition; what is not known of a pool counts as met."""
    return all(_holds(condition, pool) for condition in tokens(precondition))


def pools_meeting(precondition: str, pools: Iterable[Pool]) -> tuple[str, ...] | None:
    """Return the names of the pools that meet a preCondition, sorted; None when all do or none is known."""
    known = list(pools)
    met = sorted(pool.name for pool in known if is_met(precondition, pool))
    return None if len(met) == len(known) else tuple(met)


def _holds(condition: str, pool: Pool) -> bool:
    if condition in {"bitness32", "bitness64"}:
        return pool.bits is None or pool.bits == int(condition[-2:])
    if condition == "integratedmode":
        return pool.integrated is not False
    if condition in {"classicmode", "isapimode"}:
        return pool.integrated is not True
    if condition.startswith("runtimeversion"):
        return pool.runtime is None or pool.runtime.lower() == condition.removeprefix("runtimeversion")
    return True
