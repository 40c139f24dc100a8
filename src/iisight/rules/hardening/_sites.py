"""What a site says, after `siteDefaults` and the schema."""

from collections.abc import Iterator
from dataclasses import dataclass

from iisight.inventory.config.build import Server
from iisight.inventory.config.host import SITES, defaulted
from iisight.inventory.track import at_path
from iisight.model.config import Element, ElementState
from iisight.model.locator import Locator

CENTRAL = "system.applicationHost/log"


@dataclass(frozen=True, slots=True, eq=False)
class LogFile:
    """The log of a site, or the central one of the server."""

    name: str  # of the site; empty: the central log
    element: Element | None
    defaults: ElementState
    locator: Locator | None

    def get(self, attribute: str, default: str) -> str:
        """Return an attribute in force, or what the schema has."""
        own = None if self.element is None else defaulted(self.element, (), "", attribute)
        return own if own is not None else self.defaults.value(attribute, default)

    @property
    def custom_fields(self) -> tuple[str, ...]:
        """Return the request headers and other sources that are logged beside the fields of W3C."""
        holder = None if self.element is None else self.element.child("customFields")
        own = () if holder is None else tuple(e.get("sourceName") for e in holder.all("add"))
        return own or tuple(e.element.get("sourceName") for e in at_path(self.defaults, "customFields").entries)

    def __str__(self) -> str:
        """Return what the log is called."""
        return f"site '{self.name}'" if self.name else "the central log"


def log_files(server: Server) -> Iterator[LogFile]:
    """Yield the log of every site; in a central mode there is one for all."""
    central = server.resolver.effective(server.tree.root, CENTRAL)
    mode = central.value("centralLogFileMode", "Site").strip().lower()
    name = {"centralbinary": "centralBinaryLogFile", "centralw3c": "centralW3CLogFile"}.get(mode)
    if name is not None:
        yield LogFile("", None, at_path(central, name), None)
        return
    state = server.resolver.effective(server.tree.root, SITES)
    defaults = at_path(state, "siteDefaults/logFile")
    for entry in state.entries:
        element = entry.element.child("logFile")
        place = entry.document.at(element) if element is not None else entry.locator
        yield LogFile(entry.element.get("name"), element, defaults, place)
