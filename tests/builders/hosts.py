"""The files below some roots of a disk, in one step: what `engine.host` does in rounds."""

from collections.abc import Iterable

from iisight.evidence.host import Disk, HostListing
from iisight.evidence.source import Source


def open_host(disk: Disk, name: str, roots: Iterable[str], *, is_administrator: bool = True) -> Source:
    """Return the source of what is below roots of a live machine."""
    listing = HostListing(disk, name, is_administrator=is_administrator)
    listing.add(roots)
    return listing.source()
