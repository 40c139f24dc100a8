"""IIS130: URL Rewrite rules that serve another computer's answers, or put its markup into this one's."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.config import Element
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules.configuration import _rewriting as rewriting
from iisight.rules.configuration._asset_folders import asset_scope
from iisight.rules.configuration._web_configs import app_of, from_web_config
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, UNKNOWN, Weight, tell

INFO = RuleInfo(
    id="IIS130",
    title="URL Rewrite rule that serves another server's content",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-21",),
    attack=("T1505.004", "T1090"),
    options={
        "asset_folders": ("aspnet_client", "app_data", "userfiles", "upload", "uploads", "fonts", "css"),
        "prerender_hosts": ("prerender.io", "prerender.cloud", "headless-render-api.com", "seo4ajax.com", "ostr.io"),
        "script_hosts": (
            *("googletagmanager.com", "google-analytics.com", "googleapis.com", "gstatic.com", "doubleclick.net"),
            *(
                "jsdelivr.net",
                "cdnjs.cloudflare.com",
                "unpkg.com",
                "jquery.com",
                "azure.com",
                "msecnd.net",
                "nr-data.net",
            ),
            *("cookiebot.com", "cookielaw.org", "hotjar.com", "facebook.net", "newrelic.com", "dynatrace.com"),
        ),
    },
)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield rules that proxy to other computers and rules that write foreign markup into responses."""
    components = {
        (r.section, str(r.locator), c.server): c for c in inventory.of(Kind.REWRITE_PROXY) for r in c.registrations
    }
    for server in inventory.servers:
        own, groups = rewriting.own_domains(server), rewriting.pre_conditions(server)
        for section in (*rewriting.INBOUND, rewriting.OUTBOUND):
            for track in rewriting.rules(server, section):
                component = components.pop((section, str(track.entry.locator), server.name), None)
                if component is None:
                    continue
                if section == rewriting.OUTBOUND:
                    named = tuple(groups.get(track.get("preCondition"), ()))
                    judged = _outbound(rewriting.audience(track.element, named), component.arguments, options)
                else:
                    judged = _inbound(track.element, component.arguments, own, options)
                    judged = _misplaced(inventory, component, judged, options)
                if judged is not None:
                    weight, what = judged
                    yield tell(INFO, component, weight, f"rewrite rule '{component.name}' {what}")


def _inbound(rule: Element, url: str, own: frozenset[str], options: Options) -> tuple[Weight, str] | None:
    host, singled = rewriting.host_of(url), rewriting.audience(rule)
    if rewriting.is_near(host, own):
        return None
    action = rule.child("action")
    if action is not None and action.get("type") == "Redirect":
        home = rewriting.is_search_engine(host)
        return NOTED if home else GRAVE, f"sends {singled} to {host}"
    if singled and not _is_of(host, options["prerender_hosts"]):
        return GRAVE, f"serves {singled} what {host} answers"
    return NOTED, f"serves what {host} answers"


def _misplaced(
    inventory: Inventory, component: Component, judged: tuple[Weight, str] | None, options: Options
) -> tuple[Weight, str] | None:
    """Judge a rule that a web.config adds for a folder of files: what is behind it may even be this computer."""
    if judged is not None and judged[0] == GRAVE:
        return judged
    for registration in from_web_config(component):
        app = app_of(inventory, component, registration)
        asset = asset_scope(registration.scope, "" if app is None else app.scope, options)
        if asset:
            what = f"serves what {rewriting.host_of(component.arguments)} answers, for the asset folder '{asset}'"
            return ODD, what
    return judged


def _outbound(singled: str, markup: str, options: Options) -> tuple[Weight, str] | None:
    hosts = rewriting.sources(markup)
    foreign = [h for h in hosts if not _is_of(h, options["script_hosts"])]
    what = f"a script or frame of {', '.join(foreign or hosts)}" if hosts else "markup"
    if singled:
        return GRAVE, f"puts {what} into responses to {singled}"
    if rewriting.is_hidden(markup):
        return ODD, f"puts hidden {what.removeprefix('a ')} into responses"
    if not hosts:
        return None
    if any(_is_bare_address(host) for host in foreign):
        return ODD, f"puts {what} into responses"
    return (UNKNOWN if foreign else NOTED), f"puts {what} into responses"


def _is_bare_address(host: str) -> bool:
    """Tell whether a host is a public address without a name; who serves scripts to the public has one."""
    return rewriting.address_of(host) is not None and not rewriting.is_near(host, frozenset())


def _is_of(host: str, domains: object) -> bool:
    """Tell whether a host is one of some domains, or below one."""
    listed = domains if isinstance(domains, tuple) else ()
    return any(host == d or host.endswith(f".{d}") for d in listed)
