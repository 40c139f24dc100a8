"""How far some work has come."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with (what is done, how many are done, how many there are; 0 when nobody knows)."""
