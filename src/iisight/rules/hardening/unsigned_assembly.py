"""IIS923: .NET code of applications that no trusted signature vouches for."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.config.build import Server
from iisight.model.component import Component, Kind
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point
from iisight.rules._common import Options, is_known
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, passed
from iisight.rules.hardening.unsigned_image import signature_points

INFO = check_info(
    "IIS923",
    "Assembly of an application without a trusted signature",
    Severity.LOW,
    "M1045",
    "Sign the assemblies of your applications when they are built",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    mechanisms=("L-02", "L-04", "L-25"),
)
_REGISTERED = (Kind.MANAGED_MODULE, Kind.MANAGED_HANDLER, Kind.AUTO_START)
_PRESENT = (Kind.APP_ASSEMBLY, Kind.START_CODE)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every assembly that is not signed, those nobody can tell of, and the rest; those of .NET are left out."""
    server = host.server
    if server is None:
        return
    said = list(signature_points(_assemblies(host, server)))
    yield from said
    if not said:
        yield passed("no assembly but those of .NET itself")


def _assemblies(host: Host, server: Server) -> Iterator[Component]:
    for component in host.inventory.of(*_REGISTERED, *_PRESENT):
        if component.server != server.name or not component.effective:
            continue
        if component.kind in _PRESENT:
            is_file = component.binary is not None or paths.extension(component.image or "") == ".dll"
        else:
            is_file = component.binary is not None or not is_known(component)
        if is_file:
            yield component
