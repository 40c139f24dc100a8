"""IIS914: code of an application may register modules while it starts."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host, apps_of, is_managed
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed, plural

INFO = check_info(
    "IIS914",
    "Modules that code may register while it starts",
    Severity.LOW,
    "M1038",
    "Set allowDynamicModuleRegistration of httpRuntime to false in the root web.config where no application needs it",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    Input.FRAMEWORK,
    mechanisms=("L-25",),
)
_SECTION = "system.web/httpRuntime"
_SWITCH = "allowDynamicModuleRegistration"


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield the applications with the CLR at which it is allowed, as it is by default, and those at which it is not."""
    server = host.server
    if server is None:
        return
    by_default = True
    found: dict[bool, list[str]] = {True: [], False: []}
    places = []
    for app, node, pool in apps_of(server):
        if is_managed(pool):
            state = server.resolver.effective(node, _SECTION, server.framework_of(node))
            setting = state.settings.get(_SWITCH)
            is_allowed = setting is None or setting.value.strip().lower() != "false"
            by_default = by_default and not (is_allowed and setting is not None)
            found[is_allowed].append(app.scope)
            places += [] if setting is None else [setting.locator]
    if found[True]:
        subjects = [Subject("site", scope, (("setting", _SWITCH),)) for scope in found[True]]
        message = f"code may register modules at {plural(len(found[True]), 'application')}: {named(found[True])}"
        yield failed(message, *places, subjects=subjects, by_default=by_default)
    if found[False]:
        yield passed(f"code may not register modules at {named(found[False])}", *places)
    if not any(found.values()):
        yield not_applicable("no pool loads the CLR")
