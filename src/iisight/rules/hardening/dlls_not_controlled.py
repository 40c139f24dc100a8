"""IIS916: nothing decides which DLLs a worker process may load."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._dll_control import State, app_control, app_locker
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed, unknown

INFO = check_info(
    "IIS916",
    "Worker processes that may load any DLL",
    Severity.HIGH,
    "M1038",
    "Enforce App Control for Business, or AppLocker's DLL rules with the Services extension, on the web server",
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield what AppLocker and App Control come to: one that is known to be on is enough."""
    controls = (app_locker(host), app_control(host))
    on = next((c for c in controls if c.state is State.ON), None)
    open_ = [c for c in controls if c.state is State.UNKNOWN]
    message = "; ".join(c.message for c in controls)
    places = [place for c in controls for place in c.places]
    if on is not None:
        yield passed(on.message, *on.places)
    elif open_:
        yield unknown(message, [m for c in open_ for m in c.missing], *places)
    else:
        yield failed(message, *places, subjects=[Subject("setting", "dll-control")])
