"""What IIS expects of a native image, and whose file an image says it is."""

import re
from collections.abc import Iterator

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary, Image, VersionInfo
from iisight.model.component import Component, Kind
from iisight.model.finding import Severity

NATIVE = (
    Kind.NATIVE_MODULE,
    Kind.ISAPI_FILTER,
    Kind.ISAPI_EXTENSION,
    Kind.CGI,
    Kind.COMPRESSION,
    Kind.WEBDAV_STORE,
    Kind.WAS_PROTOCOL,
    Kind.CLR_LOADER,
)
"""Kinds whose image a process of IIS loads or starts as native code."""

ENTRY_POINTS = {
    Kind.NATIVE_MODULE: ("RegisterModule",),
    Kind.ISAPI_FILTER: ("GetFilterVersion", "HttpFilterProc"),
    Kind.ISAPI_EXTENSION: ("GetExtensionVersion", "HttpExtensionProc"),
}
"""What IIS looks up in an image: httpserv.h, httpfilt.h, httpext.h of the Windows SDK."""

_HANDLERS = "system.webServer/handlers"
_MICROSOFT = re.compile(r"\bmicrosoft\b|майкрософт", re.IGNORECASE)
_LOWER = {Severity.HIGH: Severity.MEDIUM, Severity.MEDIUM: Severity.LOW}
_ARCHITECTURE = re.compile(r"(?:x64|x86|amd64|win32|win64|arm64|32|64)$")


def images(inventory: Inventory, *kinds: Kind) -> Iterator[tuple[Component, Binary, Image]]:
    """Yield the components of some kinds whose file was read and is a PE image."""
    for component in inventory.of(*kinds):
        if component.binary is not None and component.binary.image is not None:
            yield component, component.binary, component.binary.image


def missing_entry_points(component: Component, image: Image) -> tuple[str, ...]:
    """Return what IIS would look up in vain; nothing when the export table could not be read whole.

    An entry of the restriction list alone says nothing: native modules are listed there too.
    """
    if any("export" in note for note in image.notes):
        return ()
    sections = {r.section for r in component.registrations}
    if component.kind is Kind.ISAPI_EXTENSION and _HANDLERS not in sections:
        return ()
    wanted = ENTRY_POINTS.get(component.kind, ())
    exported = image.exported(wanted)
    return tuple(name for name in wanted if name not in exported)


def claims_microsoft(version: VersionInfo | None) -> bool:
    """Tell whether a version resource names Microsoft."""
    if version is None:
        return False
    return any(_MICROSOFT.search(text or "") for text in (version.company, version.product, version.copyright))


def is_stock_place(path: str) -> bool:
    """Tell whether a path is that of a file of Windows, IIS or .NET."""
    owner = catalogue().image_owner(path)
    return owner is not None and owner["tier"] == "core"


def is_catalogued_place(path: str) -> bool:
    """Tell whether a path is that of a file of Windows or of another product of Microsoft's."""
    owner = catalogue().image_owner(path)
    return owner is not None and owner["tier"] in {"core", "ms"}


def is_foreign(binary: Binary) -> bool:
    """Tell whether an image does not even say it is Microsoft's."""
    return binary.image is not None and not claims_microsoft(binary.image.version)


def same_name(one: str, other: str) -> bool:
    """Tell whether two file names are of one file, as installers rename: case, `.mui`, `_x64`, version numbers."""
    first, second = _stem(one), _stem(other)
    shorter, longer = sorted((first, second), key=len)
    return first == second or (len(shorter) >= 4 and shorter in longer)


def _stem(name: str) -> str:
    text = paths.basename(name).lower().strip().removesuffix(".mui")
    text = re.sub(r"\.(?:dll|exe|ocx)$", "", text)
    text = _ARCHITECTURE.sub("", text)
    return re.sub(r"[\W\d_]+", "", text) or text


def weight(component: Component, severity: Severity) -> Severity:
    """Return a severity, one step lower when the component is not in force."""
    return severity if component.effective else _LOWER.get(severity, severity)
