"""What a rule that correlates is given: the server, if there is one, and everything that was done to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iisight.model.activity import Activity
from iisight.model.finding import Finding
from iisight.model.story import LogRead

if TYPE_CHECKING:  # a hunt has no inventory, and what makes one is not imported for it
    from iisight.inventory.inventory import Inventory
    from iisight.inventory.past import History


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Configuration, files and event logs of one server. Values alone."""

    inventory: "Inventory | None"  # None: event logs alone
    activities: tuple[Activity, ...]  # in the order of time
    logs: tuple[LogRead, ...]
    findings: tuple[Finding, ...] = ()  # of the rules that ran before
    histories: "tuple[History, ...]" = ()  # of each configuration in force of which there are copies
