"""IIS922: nothing asks for a signature before a worker process loads a DLL."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._dll_control import State, allowing, app_control, app_locker
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, passed, unknown

INFO = check_info(
    "IIS922",
    "Signatures that nothing asks for",
    Severity.MEDIUM,
    "M1045",
    "Allow DLLs by publisher: App Control with signer rules, or AppLocker's publisher rules, in place of paths",
)
_PUBLISHER = "FilePublisherRule"


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield whether DLLs are allowed by who signed them alone."""
    locker, control = app_locker(host), app_control(host)
    rules = host.protection.dll_rules
    if rules is not None and locker.state is not State.OFF:
        others = [rule.condition for rule in allowing(rules) if rule.kind != _PUBLISHER]
        if others and control.state is State.OFF:
            message = f"AppLocker allows DLLs by something else than who signed them: {named(others, 3)}"
            yield failed(message, rules.locator, subjects=[Subject("setting", "dll-control")])
            return
        if not others and locker.state is State.ON:
            yield passed("AppLocker allows DLLs by who signed them alone", rules.locator)
            return
    if State.UNKNOWN in {locker.state, control.state}:
        missing = [m for c in (locker, control) if c.state is State.UNKNOWN for m in c.missing]
        yield unknown("whether anything asks for signatures is not known", missing, *locker.places, *control.places)
    else:
        yield failed("nothing asks for a signature", subjects=[Subject("setting", "dll-control")])
