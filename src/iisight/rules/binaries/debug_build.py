"""IIS222: a build of somebody's own desk, in service."""

import re
from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.binaries._examined import MANAGED, examined, is_vouched_for, say
from iisight.rules.binaries._native import NATIVE
from iisight.rules.configuration._weights import NOTED, Weight

INFO = RuleInfo(
    id="IIS222",
    title="Debug build, or a user's path in it",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-03", "L-04", "L-05", "L-06", "L-27"),
    attack=("T1505.004", "T1587.001"),
)
_PERSONAL = re.compile(
    r"^[a-z]:\\(?:users|documents and settings)\\(?!public\\|vssadministrator\\|runneradmin\\|containeradministrator\\)"
    r"|^/(?:home|users)/(?!runner/|vsts/)|[\\/](?:desktop|downloads|source[\\/]repos)[\\/]",
    re.IGNORECASE,
)
"""A profile of Windows, Linux or macOS, not those of build services; a desktop; Visual Studio's folder."""

_SIGNED: Weight = (Severity.INFO, Confidence.LOW)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every unknown module, handler and native image that is one or has one."""
    for component, binary, examination in examined(inventory, *NATIVE, *MANAGED, Kind.SLEEPER):
        anatomy = examination.anatomy
        if anatomy is None or is_known(component):
            continue
        path = anatomy.pdb if _PERSONAL.search(anatomy.pdb) else ""
        if path or anatomy.is_debug:
            what = "is a debug build" if anatomy.is_debug else "was built by a user"
            message = f"{component.kind} '{component.name}' ({binary.path}) {what}" + (f": {path}" if path else "")
            yield say(INFO, component, binary, _SIGNED if is_vouched_for(examination) else NOTED, message)
