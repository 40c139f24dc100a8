"""IIS118: a web application whose process is a shell, or lies where ordinary accounts may write."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place
from iisight.rules.configuration._asset_folders import ASSET_FOLDERS, asset_folder, asset_scope, code_files
from iisight.rules.configuration._processes import is_encoded, is_runtime, is_shell, runs_script, split_program
from iisight.rules.configuration._web_configs import app_of
from iisight.rules.configuration._weights import (
    GRAVE,
    ODD,
    PROOF,
    UNKNOWN,
    Weight,
    content_folders,
    is_in,
    is_temporary,
    place_among,
    tell,
)

INFO = RuleInfo(
    id="IIS118",
    title="Application process that is a shell or lies in a writable folder",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-09",),
    attack=("T1505.004", "T1059"),
    options={"asset_folders": ASSET_FOLDERS},
)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every process of aspNetCore, httpPlatform and iisnode that no application would name."""
    folders = content_folders(inventory)
    for component in inventory.of(Kind.APP_PROCESS):
        program, more = split_program(component.image or component.arguments)
        arguments = f"{more} {component.arguments if component.image else ''}".strip()
        odd = _misplaced(inventory, component, folders, options)
        judged = _judge(program, arguments, folders, odd)
        if judged is not None:
            weight, what = judged
            section = component.registrations[0].section.rpartition("/")[2] if component.registrations else "site"
            yield tell(INFO, component, weight, f"{section}{_where(component)} starts {what}")


def _where(component: Component) -> str:
    scopes = sorted({r.scope for r in component.registrations if r.scope})
    return f" of '{scopes[0]}'" if scopes else ""


def _judge(program: str, arguments: str, folders: frozenset[str], odd: str) -> tuple[Weight, str] | None:
    if is_encoded(arguments):
        return PROOF, f"{program} with an encoded command"
    if is_shell(program):
        if not runs_script(arguments):
            return PROOF, f"the shell {program}"
        return ODD if odd else UNKNOWN, f"the shell {program}, given a script{odd}"
    place = place_among(program)
    if place not in {Place.WRITABLE, Place.REMOTE} or is_in(program, folders):
        return (ODD, f"{program}{odd}") if odd else None
    if place is Place.REMOTE:
        return GRAVE, f"{program}, {place}"
    usual = is_runtime(program) and not is_temporary(program) and not odd
    return UNKNOWN if usual else PROOF, f"{program}, {place}"


def _misplaced(inventory: Inventory, component: Component, folders: frozenset[str], options: Options) -> str:
    """Say why no application keeps there what the process runs; empty when one may."""
    for registration in component.registrations:
        app = app_of(inventory, component, registration)
        asset = asset_scope(registration.scope, "" if app is None else app.scope, options)
        if asset:
            return f", for the asset folder '{asset}'"
        home = "" if app is None else inventory.server(component.server).expand(app.physical_path)
        for path in code_files(f'"{component.image or ""}" {component.arguments}', home):
            asset = asset_folder(path, folders, options)
            if asset:
                return f", with code of the asset folder '{asset}'"
            if is_temporary(path) and paths.parent(path) != paths.parent(paths.parent(path)):
                return f", with code of {paths.parent(path)}"
    return ""
