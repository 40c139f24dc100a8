"""What the copies of a configuration tell of its past."""

from iisight.inventory.past.changes import Change, How
from iisight.inventory.past.history import History, Note, histories
from iisight.inventory.past.rows import Row
from iisight.inventory.past.snapshots import Snapshot

__all__ = ["Change", "History", "How", "Note", "Row", "Snapshot", "histories"]
