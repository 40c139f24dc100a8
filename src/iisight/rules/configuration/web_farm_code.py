"""IIS131: code that the web farm framework or request routing runs."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, is_known
from iisight.rules.configuration._asset_folders import code_files
from iisight.rules.configuration._processes import is_encoded, is_shell, split_program
from iisight.rules.configuration._weights import NOTED, ODD, PROOF, UNKNOWN, Weight, place_among, tell

INFO = RuleInfo(
    id="IIS131",
    title="Code run by a web farm",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-22",),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield affinity providers and the commands that are run on the farm's servers."""
    for component in inventory.of(Kind.WEB_FARM):
        if not is_known(component):
            weight, what = _library(component.image) if component.image else _command(component)
            yield tell(INFO, component, weight, f"web farm '{component.name}' {what}")


def _library(image: str) -> tuple[Weight, str]:
    place = place_among(image)
    weight = {Place.WRITABLE: PROOF, Place.PROGRAMS: NOTED}.get(place, ODD)
    return weight, f"has request routing load {image}, {place}"


def _command(component: Component) -> tuple[Weight, str]:
    command = component.arguments
    program, arguments = split_program(command)
    if is_encoded(arguments):
        return PROOF, f"runs {program} with an encoded command on its servers"
    written = (path for path in code_files(arguments) if place_among(path) is Place.WRITABLE)
    script = next(written, "") if is_shell(program) else ""
    if script:
        return PROOF, f"has the shell {program} run {script}, {Place.WRITABLE}, on its servers"
    odd = place_among(program) in {Place.WRITABLE, Place.REMOTE}
    return (ODD if odd else UNKNOWN), f"runs on its servers: {command}"
