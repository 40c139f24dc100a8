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


SAFETY = Pace(1, 200)  # what is told by the system is looked at as well: half a percent of one core at most
POLLED = Pace(1, 50)  # what is told by nobody
SHARED = Pace(60, 200)  # network drives on Windows, which mostly tell
ROOTS = Pace(1, 200)  # whether the roots are there, and are the same
