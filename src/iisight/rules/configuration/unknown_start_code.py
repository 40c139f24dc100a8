"""IIS133: an assembly in `bin` that asks to run before the application starts."""

import re
from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._types import microsoft_tokens, microsofts
from iisight.rules.configuration._weights import NOTED, ODD, tell

INFO = RuleInfo(
    id="IIS133",
    title="Unknown assembly that runs before the application",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-25",),
)

_LOADER = "aspnet.loader.dll"
_COMPILED = re.compile(r"app_(?:web_.+|code)\.dll", re.IGNORECASE)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every pre-application start assembly of no known library."""
    precompiled = {paths.fold(paths.parent(c.image or "")) for c in inventory.of(Kind.PRECOMPILED)}
    for component in inventory.of(Kind.START_CODE):
        name, token = _assembly(component)
        if not name or component.name.lower() == _LOADER or is_known(component):
            continue
        pose = _pose(component, name, token) or _unasked(component, precompiled)
        if pose:
            yield tell(INFO, component, ODD, f"{component.image} runs before the application, and {pose}")
        elif not catalogue().prestart_known(name):
            yield tell(INFO, component, NOTED, f"{component.image} runs before the application")


def _assembly(component: Component) -> tuple[str, str]:
    simple, _, token = assembly_of(component.type or "")
    return simple, token


def _pose(component: Component, name: str, token: str) -> str:
    """Say how an assembly passes itself off as one of Microsoft's; empty when it does not."""
    if token in microsoft_tokens():
        return ""
    product = microsofts(name)
    if product is not None and catalogue().assembly_product(name, token) is None:
        return f"has the name of {name} of {product} without its key"
    image = None if component.binary is None else component.binary.image
    company = "" if image is None or image.version is None else (image.version.company or "")
    return "says it is Microsoft Corporation's without a key of Microsoft's" if _is_microsoft(company) else ""


def _unasked(component: Component, precompiled: set[str]) -> str:
    """Say that a file has the name of what the precompiler writes, where it never ran; empty when it has not."""
    folder = paths.fold(paths.parent(paths.parent(component.image or "")))
    if folder in precompiled or not _COMPILED.fullmatch(component.name):
        return ""
    return "has the name of a precompiled page in an application that was not precompiled"


def _is_microsoft(company: str) -> bool:
    return company.strip().lower().rstrip(".") == "microsoft corporation"
