"""How often something is done again, by how long it took."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Wait `factor` times the last duration, within bounds; all in seconds."""

    least: float
    factor: float
    most: float = 3600

    def pause(self, took: float) -> float:
        """Return how long to wait after something that took so long."""
        return min(max(self.least, self.factor * took), self.most)


SAFETY = Pace(1, 400)  # what the system tells of is looked at as well: with the next, half a percent of one core
ROOTS = Pace(1, 400)  # whether the roots are there, and are the same
POLLED = Pace(1, 50)  # what is told by nobody
SHARED = Pace(60, 200)  # network drives on Windows, which mostly tell
