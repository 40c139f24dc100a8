"""Pools, sites and applications of an applicationHost.config, with their `…Defaults`."""

from collections.abc import Iterator
from dataclasses import dataclass

from iisight.evidence import paths
from iisight.inventory.config.tree import App
from iisight.model.config import Element, ElementState, Entry

POOLS = "system.applicationHost/applicationPools"
SITES = "system.applicationHost/sites"


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """An application pool, as far as it decides what is loaded. None means: not known."""

    name: str
    bits: int | None
    integrated: bool | None
    runtime: str | None  # `v4.0`, `v2.0`, `""` for no managed code
    reads_web_config: bool  # enableConfigurationOverride
    entry: Entry | None = None

    @property
    def framework(self) -> str:
        """Return the framework folder whose machine.config it reads."""
        version = "v2.0.50727" if (self.runtime or "").startswith("v2") else "v4.0.30319"
        return f"{'Framework' if self.bits == 32 else 'Framework64'}\\{version}"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A virtual directory: the part of the site tree that a folder stands for."""

    scope: str
    folder: str  # as written, variables not expanded
    app: App
    sub_folders: bool  # allowSubDirConfig
    is_app_root: bool


def defaulted(element: Element, defaults: tuple[Element | None, ...], path: str, attribute: str) -> str | None:
    """Return an attribute of an element or of an element below it, else of the first default that sets it."""
    for holder in (element, *defaults):
        found: Element | None = holder
        for name in path.split("/") if path else ():
            found = found.child(name) if found is not None else None
        if found is not None and attribute in found.attributes:
            return found.attributes[attribute]
    return None


def pools(state: ElementState) -> dict[str, Pool]:
    """Return the pools of the `applicationPools` section by their folded name."""
    defaults = _default_element(state, "applicationPoolDefaults")
    found = (_pool(entry, defaults) for entry in state.entries)
    return {paths.lower(pool.name): pool for pool in found}


def _pool(entry: Entry, defaults: Element | None) -> Pool:
    def get(attribute: str) -> str | None:
        return defaulted(entry.element, (defaults,), "", attribute)

    mode = get("managedPipelineMode")
    return Pool(
        name=entry.element.get("name"),
        bits=32 if (get("enable32BitAppOnWin64") or "").lower() == "true" else 64,
        integrated=(mode or "Integrated").lower() in {"integrated", "0"},
        runtime=get("managedRuntimeVersion"),
        reads_web_config=(get("enableConfigurationOverride") or "true").lower() != "false",
        entry=entry,
    )


def mappings(state: ElementState) -> Iterator[Mapping]:
    """Yield the virtual directories of every site, the root of each application first."""
    app_defaults = _default_element(state, "applicationDefaults")
    vdir_defaults = _default_element(state, "virtualDirectoryDefaults")
    for entry in state.entries:
        site = entry.element
        for application in site.all("application"):
            local = (site.child("applicationDefaults"), app_defaults)
            app = _app(site.get("name"), application, local)
            folders = (site.child("virtualDirectoryDefaults"), vdir_defaults)
            yield from _directories(app, application, (application.child("virtualDirectoryDefaults"), *folders))


def _app(site: str, application: Element, defaults: tuple[Element | None, ...]) -> App:
    path = application.get("path", "/")
    root = next((v for v in application.all("virtualDirectory") if v.get("path", "/") == "/"), None)
    return App(
        site=site,
        path=path,
        pool=defaulted(application, defaults, "", "applicationPool") or "DefaultAppPool",
        scope=f"{site}/{path.strip('/')}".rstrip("/"),
        physical_path="" if root is None else root.get("physicalPath"),
    )


def _directories(app: App, application: Element, defaults: tuple[Element | None, ...]) -> Iterator[Mapping]:
    directories = sorted(application.all("virtualDirectory"), key=lambda v: v.get("path").strip("/") != "")
    for directory in directories:
        path = directory.get("path", "/").strip("/")
        allow = defaulted(directory, defaults, "", "allowSubDirConfig")
        yield Mapping(
            scope=f"{app.scope}/{path}".rstrip("/"),
            folder=directory.get("physicalPath"),
            app=app,
            sub_folders=(allow or "true").lower() != "false",
            is_app_root=not path,
        )


def _default_element(state: ElementState, name: str) -> Element | None:
    """Return a `…Defaults` element as an Element again, so that it is asked like the items it speaks for."""
    child = state.children.get(name)
    return None if child is None else _as_element(child, name)


def _as_element(state: ElementState, name: str) -> Element:
    attributes = {k: s.value for k, s in state.settings.items() if "@" not in k}
    below = tuple(_as_element(inner, inner_name) for inner_name, inner in state.children.items())
    entries = tuple(e.element for e in state.entries)
    return Element(name, attributes, (*below, *entries), 0, 0)
