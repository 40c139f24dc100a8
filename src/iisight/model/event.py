"""One record of an event log, the same whatever file or export it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from iisight.model.locator import Locator


@dataclass(frozen=True, slots=True)
class Event:
    """One record.

    `fields` holds EventData, or UserData without the element around it, in the order of the record. Values are text as
    Event Viewer's XML writes them: numbers decimal or `0x…`, GUIDs `{UPPER-CASE}`, several values of one name joined by
    newlines. Values without a name are `param1`, `param2`, …, as in the messages of classic sources.
    """

    provider: str
    channel: str  # of the record itself, so that forwarded logs (ForwardedEvents) are what they were
    id: int
    time: datetime | None  # aware, UTC; System/TimeCreated
    computer: str = ""
    record: int | None = None  # EventRecordID
    user: str = ""  # SID; System/Security@UserID
    process: int | None = None  # System/Execution@ProcessID
    fields: Mapping[str, str] = field(default_factory=dict)
    locator: Locator = field(default_factory=lambda: Locator(""))

    def get(self, name: str) -> str:
        """Return a field, empty when the record has none of that name."""
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True, order=True)
class Lost:
    """Records that are there and could not be read."""

    locator: Locator
    reason: str
    count: int = 1  # records; 0 when nobody can say how many


@dataclass(frozen=True, slots=True, order=True)
class Residue:
    """Text of interest in the slack of a log: no record holds it any more."""

    locator: Locator  # with the offset
    text: str
