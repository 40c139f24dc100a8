"""A live Windows machine as evidence: files of chosen folders, and its worker processes; nothing of it is changed."""

from iisight.evidence.host.disk import Disk, Entry
from iisight.evidence.host.listing import HostListing
from iisight.evidence.host.memory import MemoryDisk

__all__ = ["Disk", "Entry", "HostListing", "MemoryDisk"]
