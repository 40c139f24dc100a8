"""IIS118: a web application whose process is a shell, or lies where ordinary accounts may write."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place
from iisight.rules.configuration._processes import is_encoded, is_runtime, is_shell, runs_script, split_program
from iisight.rules.configuration._weights import (
    GRAVE,
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
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every process of aspNetCore, httpPlatform and iisnode that no application would name."""
    folders = content_folders(inventory)
    for component in inventory.of(Kind.APP_PROCESS):
        program, more = split_program(component.image or component.arguments)
        arguments = f"{more} {component.arguments if component.image else ''}".strip()
        judged = _judge(program, arguments, folders)
        if judged is not None:
            weight, what = judged
            section = component.registrations[0].section.rpartition("/")[2] if component.registrations else "site"
            yield tell(INFO, component, weight, f"{section}{_where(component)} starts {what}")


def _where(component: Component) -> str:
    scopes = sorted({r.scope for r in component.registrations if r.scope})
    return f" of '{scopes[0]}'" if scopes else ""


def _judge(program: str, arguments: str, folders: frozenset[str]) -> tuple[Weight, str] | None:
    if is_encoded(arguments):
        return PROOF, f"{program} with an encoded command"
    if is_shell(program):
        scripted = runs_script(arguments)
        return (UNKNOWN, f"the shell {program}, given a script") if scripted else (PROOF, f"the shell {program}")
    place = place_among(program)
    if place not in {Place.WRITABLE, Place.REMOTE} or is_in(program, folders):
        return None
    if place is Place.REMOTE:
        return GRAVE, f"{program}, {place}"
    usual = is_runtime(program) and not is_temporary(program)
    return UNKNOWN if usual else PROOF, f"{program}, {place}"
