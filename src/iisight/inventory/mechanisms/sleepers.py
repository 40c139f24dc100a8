"""L-27: DLLs that export an IIS entry point and are registered nowhere."""

import re
from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.evidence.source import File
from iisight.inventory.binaries import Binaries
from iisight.inventory.draft import Draft
from iisight.model.binary import Image
from iisight.model.component import Kind, Registration
from iisight.model.config import Fate
from iisight.model.locator import Locator

ENTRY_POINTS = ("RegisterModule", "HttpExtensionProc", "GetExtensionVersion", "HttpFilterProc", "GetFilterVersion")
_COPIES = re.compile(r"[a-z]:\\windows\\(?:winsxs|servicing|softwaredistribution|installer|system32\\driverstore)\\")
"""Where Windows keeps copies of its own files to install from."""


def find(files: Iterable[File], binaries: Binaries, registered: set[str]) -> Iterable[Draft]:
    """Yield a draft for each of `files` that IIS could load and no configuration names."""
    stock = catalogue()
    for file in files:
        key = paths.fold(file.path)
        if key in registered or _COPIES.match(key) or stock.image_owner(key) is not None:
            continue
        binary = binaries.read_if(file, _mentions)
        if binary is None or binary.image is None:
            continue
        exported = entry_points(binary.image)
        if exported:
            draft = Draft(Kind.SLEEPER, "L-27", paths.basename(file.path), image=file.path)
            place = Locator(file.path, origin=file.origin)
            attributes = (("exports", ", ".join(exported)),)
            reason = "no configuration names it"
            draft.registrations.append(Registration(place, "", "", attributes, Fate.UNREAD, reason=reason))
            yield draft


def entry_points(image: Image) -> tuple[str, ...]:
    """Return the names IIS would call that an image exports."""
    return image.exported(ENTRY_POINTS)


def _mentions(data: bytes) -> bool:
    """Tell cheaply whether a file may export one: names stand in plain ASCII in an export table."""
    return any(name.encode() in data for name in ENTRY_POINTS)
