"""IIS902: an application pool that serves several sites."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed, plural

INFO = check_info(
    "IIS902",
    "Application pool shared by sites",
    Severity.MEDIUM,
    "M1026",
    "Give every site an application pool of its own",
    Input.CONFIGURATION,
    references=("1.5", "IIST-SI-000251"),
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every pool that serves more than one site, and one pass for all others."""
    server = host.server
    if server is None:
        return
    sites: dict[str, tuple[str, list[str]]] = {}
    for app in server.apps:
        sites.setdefault(app.pool.lower(), (app.pool, []))[1].append(app.site)
    alone = 0
    for pool, users in (sites[key] for key in sorted(sites)):
        every = sorted(set(users))
        alone += len(every) == 1
        if len(every) > 1:
            message = f"pool '{pool}' serves {plural(len(every), 'site')}: {named(every)}"
            facts = tuple(("site", site) for site in every)
            defined = server.pools.get(pool.lower())
            place = () if defined is None or defined.entry is None else (defined.entry.locator,)
            yield failed(message, *place, subjects=[Subject("pool", pool, facts)])
    if alone:
        yield passed(f"{plural(alone, 'pool')} with one site each")
    elif not sites:
        yield not_applicable("the configuration has no site")
