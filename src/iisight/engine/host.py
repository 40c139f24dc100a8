r"""Which files of a live machine belong to its web server: found in rounds, from the configuration outwards.

A root is written as `evidence/host/listing.py` takes it: a folder with all below it, a file, or `C:\x\*` for the files
of a folder alone. `docs/design/live-host.md` says why each is read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from iisight import tables
from iisight.evidence import paths
from iisight.evidence.host import Disk, HostListing
from iisight.evidence.source import Source
from iisight.inventory.collect import registered, resolve
from iisight.inventory.config.build import Server
from iisight.inventory.discovery import drive_of
from iisight.inventory.inventory import Inventory
from iisight.inventory.machine import Machine
from iisight.model.component import Component
from iisight.model.process import HostProcess
from iisight.model.progress import Progress
from iisight.sigma.tables import table

MAX_ROUNDS = 8  # a configuration that leads to another, that leads to another
_HISTORY = "system.applicationHost/configHistory"
_LARGE = re.compile(r"[a-z]:(?:\\windows(?:\\system32|\\syswow64|\\microsoft\.net\\framework(?:64)?\\v[\d.]+)?)?\Z")
"""Folders of which single files are read: they hold hundreds of others, which are Windows' own."""


def read_host(
    disk: Disk, name: str, machine: Machine, *, is_administrator: bool = True, progress: Progress | None = None
) -> Source:
    """Return the source of everything of a live machine that belongs to its web server."""
    listing = HostListing(disk, name, is_administrator=is_administrator)
    show = progress or (lambda *_: None)
    listing.add(base_roots(machine.variables))
    listing.add(_loaded(machine.processes or (), machine.variables))
    for number in range(MAX_ROUNDS):
        show("folders of the web server", number, MAX_ROUNDS)
        if not listing.add(host_roots(resolve(listing.source(), machine=machine))):
            break
    for number in range(MAX_ROUNDS):
        show("files that the configuration names", number, MAX_ROUNDS)
        if not listing.add(host_roots(registered(listing.source(), machine))):
            return listing.source()
    listing.refuse(name, f"files lead to further files for more than {MAX_ROUNDS} rounds: the rest is not followed")
    return listing.source()


def base_roots(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the roots of a Windows that any web server on it has, sorted; `variables` are of its environment."""
    known = machine_variables(variables)
    fixed = (row["root"] for row in tables.rows("iisight.engine", "host_roots"))
    logs = (f"%windir%\\System32\\winevt\\Logs\\{_file_of(row['channel'])}.evtx" for row in table("services"))
    return tuple(sorted({paths.expand(root, known) for root in (*fixed, *logs)}))


def host_roots(inventory: Inventory) -> tuple[str, ...]:
    """Return the roots that a configuration names, sorted: content, other configuration, images with their folders."""
    found = {root for server in inventory.servers for root in _of_server(server)}
    found.update(_redirected(inventory))
    found.update(root for component in inventory.components for root in _of_image(component))
    return tuple(sorted(root for root in found if paths.is_absolute(root) and not _is_pattern(root)))


def is_large(folder: str) -> bool:
    """Tell whether a folder, by its folded path, holds hundreds of files that are Windows' own."""
    return _LARGE.match(folder) is not None


def machine_variables(given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a machine: those of every Windows on its drive, and those that were read from it."""
    drive = next((value for name, value in given.items() if name.lower() == "systemdrive"), "C:")
    known = paths.default_variables(drive)
    spelled = {name.lower(): name for name in known}
    return known | {spelled.get(name.lower(), name): value for name, value in given.items()}


def _of_server(server: Server) -> Iterator[str]:
    if server.apphost is None:
        return
    yield from (server.expand(mapping.folder) for mapping in server.mappings if mapping.folder)
    if server.config_folder:
        yield paths.normal(server.config_folder)
    history = server.resolver.effective(server.tree.root, _HISTORY).value("path")
    if history:
        yield server.expand(history)


def _redirected(inventory: Inventory) -> Iterator[str]:
    for role, document in inventory.documents:
        element = document.root.child("configurationRedirection") if document.root is not None else None
        if role == "redirection.config" and element is not None and element.get("enabled").lower() == "true":
            drive = drive_of(document.path)
            yield paths.expand(element.get("path"), paths.default_variables(drive))


def _of_image(component: Component) -> Iterator[str]:
    """Yield the folder of what a component loads, whose files it may load as well, and the twin for 32-bit pools."""
    if not component.image or not paths.is_absolute(component.image):
        return
    for image in filter(None, (paths.normal(component.image), paths.wow64(component.image))):
        yield image
        folder = paths.parent(image)
        if not is_large(paths.fold(folder)):
            yield f"{folder}\\*"


def _loaded(processes: Iterable[HostProcess], variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that worker processes have loaded from elsewhere than the Windows folder."""
    windows = paths.fold(machine_variables(variables)["windir"]) + "\\"
    for process in processes:
        for module in process.modules or ():
            if paths.is_absolute(module) and not paths.fold(module).startswith(windows):
                yield module


def _is_pattern(root: str) -> bool:
    """Tell whether a variable of it is not known, or it says more than one path, which no configuration does."""
    return "%" in root or "*" in root.removesuffix("\\*")


def _file_of(channel: str) -> str:
    """Return the name of the file that Windows keeps a channel in."""
    return channel.replace("/", "%4")
