"""Changes of applicationHost.config and of the root web.config."""

from collections.abc import Iterator

from iisight.engine.remedies._causes import Asked, Remedy
from iisight.inventory.config.host import POOLS, SITES
from iisight.inventory.track import at_path, follow_setting
from iisight.model.posture import Answer, Subject
from iisight.model.remedy import FileSetting, Lock, Setting
from iisight.rules.hardening._host import apps_of, is_managed
from iisight.rules.hardening._sites import log_files
from iisight.rules.hardening.log_fields_missing import DEFAULT as DEFAULT_FIELDS

_LOGGING = "system.webServer/httpLogging"
_HISTORY = "system.applicationHost/configHistory"
_RUNTIME, _DYNAMIC = "system.web/httpRuntime", "allowDynamicModuleRegistration"
_HISTORIES = 10
_OFF, _ON = frozenset({"false", "0"}), frozenset({"true", "1"})
_POOL = "its new account needs rights to what the sites of the pool read and write"
_LOCK = "a site whose web.config holds this section answers 500.19 until its entries stand in applicationHost.config"
_UNLISTED = "programs that the sites need must be on the list of isapiCgiRestriction first"
_EXECUTE = "programs and scripts below that path that clients start or upload stop working"
_REGISTERING = "applications that register modules while they start stop working; .NET before 4.5.2 may not know it"


def pool_identities(asked: Asked) -> Iterator[Remedy]:
    """IIS901: an account of its own for each pool."""
    for point, subject in asked.subjects("pool", Answer.FAIL):
        cause = asked.cause(point, _POOL)
        yield Setting(cause, POOLS, "identityType", "ApplicationPoolIdentity", "", subject.name, "processModel")


def unlisted_code(asked: Asked) -> Iterator[Remedy]:
    """IIS911: what is not listed does not run."""
    for point, subject in asked.subjects("setting", Answer.FAIL):
        if not asked.is_of_server(point):
            yield asked.by_hand(point)
            continue
        cause = asked.cause(point, _UNLISTED)
        yield Setting(cause, _fact(subject, "section"), subject.name, "false", _fact(subject, "scope"))


def execute_permission(asked: Asked) -> Iterator[Remedy]:
    """IIS912: an accessPolicy without Execute, and without Write where scripts run."""
    for point, subject in asked.subjects("setting", Answer.FAIL):
        names = [name.strip() for name in _fact(subject, "value").split(",")]
        if not asked.is_of_server(point) or not all(name.isalpha() for name in names):
            yield asked.by_hand(point)
            continue
        runs = {"script", "execute"} & {name.lower() for name in names}
        bad = {"execute", "write"} if runs else {"execute"}
        kept = ", ".join(name for name in names if name.lower() not in bad) or "None"
        cause = asked.cause(point, _EXECUTE)
        yield Setting(cause, "system.webServer/handlers", "accessPolicy", kept, _fact(subject, "scope"))


def delegated_sections(asked: Asked) -> Iterator[Remedy]:
    """IIS913: sections that bring code in, locked for the server, and where a location tag unlocks them again."""
    done: set[str] = set()
    for point, subject in asked.subjects("section", Answer.FAIL):  # thousands of sites fail for the same few sections
        if subject.name not in done:
            done.add(subject.name)
            for scope in dict.fromkeys(("", *_unlocked(asked, subject.name))):
                yield Lock(asked.cause(point, _LOCK), subject.name, scope)


def dynamic_modules(asked: Asked) -> Iterator[Remedy]:
    """IIS914: the root web.config of .NET 4; that of .NET 2.0 does not know the attribute."""
    server = asked.server
    windir = server.variables.get("windir", "C:\\Windows")
    frameworks = {server.framework_of(node) for _, node, pool in apps_of(server) if is_managed(pool)}
    point = next(asked.points(Answer.FAIL), None)
    for framework in sorted(f for f in frameworks if f.endswith("v4.0.30319")):
        path = f"{windir}\\Microsoft.NET\\{framework}\\CONFIG\\web.config"
        yield FileSetting(asked.cause(point, _REGISTERING), path, _RUNTIME, _DYNAMIC, "false")
    for setting in (t.setting for t in follow_setting(server, _RUNTIME, "", _DYNAMIC)):
        if setting.value.strip().lower() != "false" and setting.scope:
            yield asked.by_hand(point, f"Take {_DYNAMIC} out of {setting.locator}")


def history(asked: Asked) -> Iterator[Remedy]:
    """IIS936: the configuration history, on and long enough."""
    state = asked.server.resolver.effective(asked.server.tree.root, _HISTORY)
    most = state.value("maxHistories", str(_HISTORIES)).strip()
    for point in asked.points(Answer.FAIL):
        if state.value("enabled").strip().lower() in _OFF:
            yield Setting(asked.cause(point), _HISTORY, "enabled", "true")
        if not most.isdecimal() or len(most) > 8 or int(most) < _HISTORIES:
            yield Setting(asked.cause(point), _HISTORY, "maxHistories", str(_HISTORIES))


def request_logs(asked: Asked) -> Iterator[Remedy]:
    """IIS937: requests logged, by the switch of the server and by the log of each site."""
    server, point = asked.server, next(asked.points(Answer.FAIL), None)
    switches = (("dontLog", _ON, "false"), ("selectiveLogging", {"logerror", "logsuccessful"}, "LogAll"))
    for attribute, bad, good in switches:
        for setting in (t.setting for t in follow_setting(server, _LOGGING, "", attribute)):
            if setting.value.strip().lower() not in bad:
                continue
            if server.apphost is None or setting.locator.path != server.apphost.path:
                yield asked.by_hand(point, f"Take {attribute} out of {setting.locator}")
            else:
                yield Setting(asked.cause(point), _LOGGING, attribute, good, setting.scope)
    state = server.resolver.effective(server.tree.root, SITES)
    defaults = at_path(state, "siteDefaults/logFile").value("enabled")
    if defaults.strip().lower() in _OFF:
        yield Setting(asked.cause(point), SITES, "enabled", "true", element="siteDefaults/logFile")
    for log in log_files(server):
        if log.element is not None and log.name and log.element.get("enabled").strip().lower() in _OFF:
            yield Setting(asked.cause(point), SITES, "enabled", "true", item=log.name, element="logFile")


def log_fields(asked: Asked) -> Iterator[Remedy]:
    """IIS938: the fields in which commands travel, beside those that are logged."""
    logs = {log.name: log for log in log_files(asked.server)}
    for point, subject in asked.subjects("site", Answer.FAIL):
        log, lost = logs.get(subject.name), [value for name, value in subject.facts if name == "field"]
        if log is None or not log.name or any(" " in field for field in lost):
            yield asked.by_hand(point)
            continue
        held = [name.strip() for name in log.get("logExtFileFlags", DEFAULT_FIELDS).split(",")]
        value = ", ".join(dict.fromkeys((*filter(None, held), *lost)))
        yield Setting(asked.cause(point), SITES, "logExtFileFlags", value, item=log.name, element="logFile")


def log_targets(asked: Asked) -> Iterator[Remedy]:
    """IIS939: logs to file and ETW both."""
    for point, subject in asked.subjects("site", Answer.FAIL):
        if not subject.name:
            yield asked.by_hand(point)
            continue
        yield Setting(asked.cause(point), SITES, "logTargetW3C", "File, ETW", item=subject.name, element="logFile")


def _unlocked(asked: Asked, section: str) -> Iterator[str]:
    """Yield the configuration paths below the server at which applicationHost.config unlocks a section."""
    held = asked.server.apphost
    for node in asked.server.tree:
        for record in node.inputs.get(section, ()):
            if node.scope and record.override == "Allow" and held is not None and record.document.path == held.path:
                yield node.scope


def _fact(subject: Subject, name: str) -> str:
    return next((value for key, value in subject.facts if key == name), "")
