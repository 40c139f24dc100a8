"""What the registry says of a server and is no component: versions, switches of logging, reservations."""

from dataclasses import dataclass
from datetime import datetime

from iisight.model.locator import Locator


@dataclass(frozen=True, slots=True)
class Setup:
    r"""The IIS that is installed (`SOFTWARE\Microsoft\InetStp`)."""

    version: str  # `10.0`; empty when it is not said
    www_root: str  # as written
    parts: tuple[str, ...]  # installed role services by their names there (`W3SVC`, `ISAPIFilter`), sorted
    locator: Locator


@dataclass(frozen=True, slots=True)
class Switch:
    """Something that is on or off: an event channel, or an audit policy."""

    name: str  # `Microsoft-IIS-Configuration/Operational`, `script block logging`
    is_on: bool | None  # None: nothing is set, and Windows has its default
    written: datetime | None  # when its key was last changed
    key: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Reservation:
    """A URL that http.sys keeps for some account."""

    url: str
    key: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class ServerRegistry:
    """The facts of one registry."""

    hives: tuple[str, ...]  # those that were read
    setup: Setup | None = None
    channels: tuple[Switch, ...] = ()
    policies: tuple[Switch, ...] = ()
    reservations: tuple[Reservation, ...] = ()

    def channel(self, name: str) -> Switch | None:
        """Return an event channel by name, in any case; None when the registry does not know it."""
        return next((c for c in self.channels if c.name.upper() == name.upper()), None)
