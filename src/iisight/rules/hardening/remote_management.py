"""IIS907: IIS can be managed over the network by the Web Management Service."""

from collections.abc import Iterable, Iterator

from iisight.model.config import Entry
from iisight.model.finding import Severity
from iisight.model.posture import Answer, Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, passed, plural, unknown

INFO = check_info(
    "IIS907",
    "Remote management by the Web Management Service",
    Severity.MEDIUM,
    "M1026",
    "Switch remote management off, or bind it to the administrators' network and take delegation rules out",
    Input.SYSTEM,
    Input.SOFTWARE,
    Input.ADMINISTRATION,
    mechanisms=("L-20", "L-30"),
    references=("IIST-SV-000147",),
)
SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\WMSVC"
SERVER = r"HKLM\SOFTWARE\Microsoft\WebManagement\Server"
_DELEGATION = "system.webServer/management/delegation"
_TRUSTED = "system.webServer/management/trustedProviders"
_DISABLED = 4


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield whether the service takes connections, and what it lets others do."""
    is_on = False
    for point in _service(host):
        is_on = point.answer is Answer.FAIL
        yield point
    if is_on:
        yield from _delegated(host)
    yield from _providers(host)


def _service(host: Host) -> Iterator[Point]:
    service, server = host.protection.key(SERVICE), host.protection.key(SERVER)
    if not host.protection.holds(SERVICE):
        yield unknown("whether the Web Management Service is installed is not known", ["registry hive SYSTEM"])
    elif service is None:
        yield passed("the Web Management Service is not installed")
    elif service.number("Start") == _DISABLED:
        yield passed("the Web Management Service is disabled", service.locator)
    elif not host.protection.holds(SERVER) or server is None or server.number("EnableRemoteManagement") is None:
        message = "the Web Management Service is installed; whether it takes connections is not known"
        yield unknown(message, [f"{SERVER}, EnableRemoteManagement"], service.locator)
    elif server.number("EnableRemoteManagement") == 0:
        yield passed("the Web Management Service takes no connections from elsewhere", server.locator)
    else:
        port = server.number("Port") or 8172
        subject = Subject("setting", "EnableRemoteManagement", (("key", SERVER), ("port", str(port))))
        message = f"the Web Management Service takes connections from elsewhere (port {port})"
        yield failed(message, server.locator, subjects=[subject])


def _delegated(host: Host) -> Iterator[Point]:
    rules = list(_rules(host))
    if rules:
        shown = [f"{r.element.get('providers')} on {r.element.get('path') or 'any path'}" for r in rules]
        message = f"{plural(len(rules), 'delegation rule')}: {named(shown, 3)}"
        subjects = [Subject("setting", _DELEGATION, tuple(r.element.attributes.items())) for r in rules]
        yield failed(message, *(r.locator for r in rules), subjects=subjects)


def _rules(host: Host) -> Iterator[Entry]:
    for server in filter(None, (host.manager, host.server)):
        for entry in server.resolver.effective(server.tree.root, _DELEGATION).entries:
            if entry.element.get("enabled", "true").lower() != "false":
                yield entry


def _providers(host: Host) -> Iterator[Point]:
    for server in filter(None, (host.manager,)):
        setting = server.resolver.effective(server.tree.root, _TRUSTED).settings.get("allowUntrustedProviders")
        if setting is not None and setting.value.strip().lower() == "true":
            subject = Subject("setting", "allowUntrustedProviders", (("section", _TRUSTED),))
            message = "IIS Manager loads providers that are not on its list: allowUntrustedProviders is true"
            yield failed(message, setting.locator, subjects=[subject])
