"""What a live machine says of itself beside its files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from iisight.model.coverage import Gap
from iisight.model.process import HostProcess
from iisight.model.registry import Registry


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine the files are of, when it is the one this runs on, or was recorded beside them."""

    registry: Registry | None = None  # None: the hives among the files are asked
    variables: Mapping[str, str] = field(default_factory=dict)  # environment, beside what every Windows has
    processes: tuple[HostProcess, ...] | None = None  # worker processes; None: not known
    gaps: tuple[Gap, ...] = ()  # what could not be asked
