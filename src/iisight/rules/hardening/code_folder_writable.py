"""IIS904: somebody who is no administrator may write where IIS loads code from."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.config.build import Server
from iisight.model.component import Component, Kind
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, named, plural, unknown
from iisight.rules.hardening._rights import Target, write_points

INFO = check_info(
    "IIS904",
    "Code folder that others than administrators may write",
    Severity.HIGH,
    "M1026",
    "Let administrators alone write inetsrv, the folders of modules and the global assembly cache",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    references=("IIST-SV-000144",),
)
LOADED = (
    Kind.NATIVE_MODULE,
    Kind.ISAPI_FILTER,
    Kind.ISAPI_EXTENSION,
    Kind.CGI,
    Kind.FASTCGI,
    Kind.COMPRESSION,
    Kind.LOG_PLUGIN,
    Kind.CLR_LOADER,
)
"""Kinds whose image a worker process loads or starts."""


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield who else may write the folders and files that IIS loads code from."""
    server = host.server
    if server is None:
        return
    images = sorted({path for c in images_of(host, server) for path in _files(c)}, key=lambda p: (p.lower(), p))
    lost = [image for image in images if not _is_whole(image)]
    if lost:
        message = f"where {plural(len(lost), 'image')} lie is not known: {named(lost)}"
        yield unknown(message, ["what the variables in these names stand for"], subjects=_subjects(lost))
    yield from write_points(host, targets(server, [image for image in images if _is_whole(image)]))


def images_of(host: Host, server: Server) -> Iterator[Component]:
    """Yield the components of a server that have a file which a worker process loads."""
    return (c for c in host.inventory.of(*LOADED) if c.server == server.name and c.image and c.effective)


def _files(component: Component) -> Iterator[str]:
    """Yield the image of a component, and what 32-bit pools load in its place."""
    yield component.image or ""
    if component.twin is not None:
        yield component.twin.path


def targets(server: Server, images: Iterable[str]) -> Iterator[Target]:
    """Yield inetsrv, the global assembly caches, and each image with its folder."""
    windir = server.variables.get("windir", "C:\\Windows")
    known = {paths.fold(paths.parent(server.config_folder))}
    yield Target(paths.parent(server.config_folder), "IIS itself")
    for image in images:
        folder = paths.parent(image)
        if paths.fold(folder) not in known:
            known.add(paths.fold(folder))
            yield Target(folder, f"the folder of {paths.basename(image)}")
        yield Target(image, "a file that IIS loads")
    yield Target(f"{windir}\\Microsoft.NET\\assembly", "the global assembly cache")
    yield Target(f"{windir}\\assembly", "the global assembly cache of .NET 2.0", is_optional=True)


def _is_whole(path: str) -> bool:
    return paths.is_absolute(path) and "%" not in path


def _subjects(images: Iterable[str]) -> Iterator[Subject]:
    return (Subject("image", image) for image in images)
