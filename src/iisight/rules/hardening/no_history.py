"""IIS936: no earlier configuration is kept to compare with."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options, number_of
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed

INFO = check_info(
    "IIS936",
    "Configuration history that is off or too short",
    Severity.LOW,
    "M1047",
    "Keep the configuration history on with more copies, and a backup of the configuration on another machine",
    Input.CONFIGURATION,
    references=("IIST-SV-000136",),
    options={"least_histories": 10},
)
_SECTION = "system.applicationHost/configHistory"
_DEFAULT = 10  # maxHistories of the schema


def check(host: Host, options: Options) -> Iterable[Point]:
    """Yield whether the Application Host Helper Service keeps enough copies."""
    server = host.server
    if server is None:
        return
    state = server.resolver.effective(server.tree.root, _SECTION)
    enabled, most = state.settings.get("enabled"), state.settings.get("maxHistories")
    kept = sum(copy.role == "history" for copy in host.inventory.copies)
    number = (
        int(most.value) if most is not None and most.value.strip().isdecimal() and len(most.value) < 8 else _DEFAULT
    )
    subject = Subject("section", _SECTION)
    if enabled is not None and enabled.value.strip().lower() in {"false", "0"}:
        yield failed("the configuration history is off", enabled.locator, subjects=[subject])
    elif most is not None and number < number_of(options, "least_histories"):
        yield failed(f"the configuration history keeps {number} copies", most.locator, subjects=[subject])
    else:
        yield passed(f"the configuration history keeps {number} copies; the evidence holds {kept}")
