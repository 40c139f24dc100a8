"""What is searched for in event logs, as values that a worker process can be given."""

from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from iisight.model.event import Event
from iisight.model.need import Need, any_of
from iisight.sigma.needs import need_of
from iisight.sigma.rule import CompiledRule
from iisight.telemetry import interpret
from iisight.telemetry.interpret import Watch

RESIDUE = ("appcmd", "globalmodules", "isapifilters", "webglobalmodule", "webmanagedmodule", "writableadminmanager")
"""What is sought in the slack of logs as well: words that hardly anything but a change of a web server brings."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which events count. Empty fields let everything pass; patterns are those of a shell, in any case."""

    since: datetime | None = None  # aware
    until: datetime | None = None  # aware
    hosts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def has(self, event: Event) -> bool:
        """Tell whether an event counts; one without a time does whatever the range."""
        early = self.since is not None and event.time is not None and event.time < self.since
        late = self.until is not None and event.time is not None and event.time > self.until
        named = _is_one(event.computer, self.hosts) and _is_one(event.channel, self.channels)
        return named and not (early or late)


@dataclass(frozen=True, slots=True)
class Search:
    """Everything that is searched for in one run."""

    sigma: tuple[CompiledRule, ...] = ()
    watch: Watch = field(default_factory=Watch)
    window: Window = field(default_factory=Window)
    prefilter: bool = True

    @property
    def needs(self) -> tuple[Need, ...]:
        """Return what the prefilter asks for: a script block always, for scripts are cut to pieces and obfuscated."""
        of_sigma = (need_of(rule) for rule in self.sigma)
        return (interpret.need(self.watch), *of_sigma, any_of(*RESIDUE, "ScriptBlockText"))


def _is_one(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
