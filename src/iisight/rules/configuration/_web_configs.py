"""What content folders bring in: components that a web.config below the server registers."""

from collections.abc import Iterator

from iisight.evidence import paths
from iisight.inventory.config.tree import App
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind, Registration
from iisight.rules.configuration._types import is_product_type

MANAGED = (Kind.MANAGED_MODULE, Kind.MANAGED_HANDLER)
ADDED = (*MANAGED, Kind.NATIVE_MODULE, Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI, Kind.ISAPI_FILTER)
INTEGRATED = "system.webServer/modules"
SERVER = "the server"


def from_web_config(component: Component) -> Iterator[Registration]:
    """Yield the registrations that a web.config of a site, application or folder writes."""
    for registration in component.registrations:
        in_file = paths.basename(registration.locator.path).lower() == "web.config"
        if registration.scope and in_file:
            yield registration


def is_foreign(component: Component) -> bool:
    """Tell whether neither the catalogue nor a known assembly stands behind a component."""
    if component.match is not None and component.match.exact:
        return False
    return component.type is None or not (is_product_type(component.type) or in_system_web(component.type))


def in_system_web(type_name: str) -> bool:
    """Tell whether a type without an assembly is, by its namespace, looked for in System.Web first."""
    return "," not in type_name and type_name.startswith("System.Web.")


def sees_everything(inventory: Inventory, component: Component, registration: Registration) -> str:
    """Return why a managed module is asked for every request of its scope; empty when it is not."""
    if component.kind is not Kind.MANAGED_MODULE or registration.section != INTEGRATED:
        return ""
    server = inventory.server(component.server)
    node = server.tree.find(registration.scope)
    state = None if node is None else server.resolver.effective(node, INTEGRATED)
    if state is not None and state.value("runAllManagedModulesForAllRequests").strip().lower() in {"true", "1"}:
        return "runAllManagedModulesForAllRequests is true"
    tokens = {token.strip().lower() for token in component.precondition.split(",")}
    return "" if "managedhandler" in tokens else "its row has no preCondition managedHandler"


def app_of(inventory: Inventory, component: Component, registration: Registration) -> App | None:
    """Return the application whose `bin` a registration's types come from."""
    node = inventory.server(component.server).tree.find(registration.scope)
    return None if node is None else node.app


def scope_of_file(inventory: Inventory, component: Component, registration: Registration) -> str:
    """Return the scope of the folder that a registration's web.config lies in; a `location` of it may lead deeper."""
    server = inventory.server(component.server)
    folder = paths.fold(paths.parent(registration.locator.path)).rstrip("\\")
    node = server.tree.find(registration.scope)
    while node is not None and paths.fold(server.expand(node.physical_path)).rstrip("\\") != folder:
        node = node.parent
    return registration.scope if node is None else node.scope


def collected_bins(inventory: Inventory) -> frozenset[str]:
    """Return the folded folders from which the evidence holds assemblies of applications."""
    assemblies = (c for c in inventory.of(Kind.APP_ASSEMBLY, Kind.START_CODE) if c.image)
    return frozenset(
        paths.fold(paths.parent(c.image or "")) for c in assemblies if paths.extension(c.image or "") == ".dll"
    )
