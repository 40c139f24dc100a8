"""Jump tables of `switch` statements."""

from iisight.examine.native.space import Space
from iisight.examine.native.state import State
from iisight.examine.native.values import Value


def jump_targets(space: Space, state: State, target: Value) -> tuple[int, ...]:
    """Return where a computed jump may lead; none when it cannot be told."""
    return ()
