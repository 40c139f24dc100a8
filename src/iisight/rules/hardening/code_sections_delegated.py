"""IIS913: sections that bring code in are left to web.configs."""

from collections.abc import Iterable

from iisight.inventory.config.build import Server
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host, apps_of, is_delegated
from iisight.rules.hardening._installers import SECTIONS
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed, plural

INFO = check_info(
    "IIS913",
    "Modules and handlers left to web.configs",
    Severity.HIGH,
    "M1038",
    "Lock modules, handlers and isapiFilters, and write what a site needs into its location of applicationHost.config",
    Input.CONFIGURATION,
    mechanisms=("L-02", "L-04", "L-06"),
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every such section with the applications that may set it."""
    server = host.server
    if server is None:
        return
    apps = list(apps_of(server))
    if not apps:
        yield not_applicable("the configuration has no application")
        return
    locked: list[str] = []
    for section in SECTIONS:
        free = [app.scope for app, node, pool in apps if is_delegated(server, app, node, pool, section)]
        name = section.rpartition("/")[2]
        if free:
            subjects = [Subject("section", section, (("site", scope),)) for scope in free]
            every = "every application" if len(free) == len(apps) else plural(len(free), "application")
            message = f"{name} is left to the web.config of {every}: {named(free)}"
            yield failed(message, *_unlocking(server, section), subjects=subjects)
        else:
            locked.append(name)
    if locked:
        yield passed(f"no web.config may set {named(locked)}")


def _unlocking(server: Server, section: str) -> Iterable[Locator]:
    """Yield the places that unlock a section."""
    for node in server.tree:
        for record in node.inputs.get(section, ()):
            if record.override == "Allow":
                yield record.document.at(record.element)
