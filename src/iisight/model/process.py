"""A running process of a web server, with what it has loaded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostProcess:
    """A worker process as it runs on a live machine."""

    pid: int
    image: str  # Windows path of its program, its bare name when that is all that could be had
    command_line: str = ""
    pool: str = ""  # application pool, as `-ap` of the command line says; empty when that is not known
    modules: tuple[str, ...] | None = None  # Windows paths of what is loaded, sorted; None: could not be listed
    problem: str = ""  # what could not be had of it, and why
