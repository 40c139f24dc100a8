"""What is searched for in event logs, as values that a worker process can be given."""

from collections.abc import Iterable
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
        """Tell whether an event is of the range of times; one without a time is."""
        early = self.since is not None and event.time is not None and event.time < self.since
        late = self.until is not None and event.time is not None and event.time > self.until
        return not (early or late)

    def names(self, event: Event) -> bool:
        """Tell whether an event is of a host and a channel that are asked for.

        `web01` is `WEB01.contoso.local` too, and `sysmon` is `Microsoft-Windows-Sysmon/Operational`.
        """
        host, channel = event.computer, event.channel
        short = (host.partition(".")[0], *channel.replace("/", "-").split("-"))
        return _is_one((host, short[0]), self.hosts) and _is_one((channel, *short[1:]), self.channels)


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


def _is_one(names: Iterable[str], patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name.lower(), pattern.lower()) for name in names for pattern in patterns)
