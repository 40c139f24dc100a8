"""What a URL Rewrite rule does, to whom, and where it leads."""

import ipaddress
import re
from collections.abc import Iterator

from iisight.inventory.config.build import Server
from iisight.inventory.track import Follower, Track
from iisight.model.config import Element, Fate

INBOUND = ("system.webServer/rewrite/rules", "system.webServer/rewrite/globalRules")
OUTBOUND = "system.webServer/rewrite/outboundRules"
MAX_TEXT = 16_384  # characters of a pattern or a value that are looked at

_HOST = re.compile(
    r"\s*(?:https?|wss?):(?://)?(?:[^/?#@\s]{0,200}@)?((?:\{[^{}]*\}|\[[^\]]*\]|[^/:?#\s{\[])+)", re.IGNORECASE
)
_SOURCE = re.compile(
    r"<\s*(?:script|iframe|object|embed)\b[^<>]{0,2000}?\b(?:src|data)\s*=\s*[\"']?\s*(?:https?:)?//([^/\"'\s>:?]+)",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:left|top|text-indent)\s*:\s*-\d{3,}"
    r"|<iframe\b[^<>]{0,500}?\b(?:width|height)\s*=\s*[\"']?[01]\b",
    re.IGNORECASE,
)
_CRAWLER = re.compile(
    r"google|bing|baidu|yandex|slurp|sogou|yisou|360spider|haosou|coccoc|duckduck|naver|yeti|bytespider|petalbot"
    r"|spider|crawler",
    re.IGNORECASE,
)
_SEARCH = re.compile(r"google|bing|yahoo|baidu|yandex|sogou|\bso\\?\.com|haosou|coccoc|duckduckgo|naver", re.IGNORECASE)


def rules(server: Server, section: str) -> list[Track]:
    """Return the rules of a section, switched off and unread ones included."""
    return [t for t in Follower(server, section).entries() if t.element.name == "rule"]


def is_on(track: Track) -> bool:
    """Tell whether a rule is in force where it stands."""
    return track.fate is Fate.ACTIVE and track.get("enabled", "true").lower() != "false"


def host_of(url: str) -> str:
    """Return the host an absolute URL names, lower-case; empty when there is none."""
    match = _HOST.match(url[:MAX_TEXT])
    return "" if match is None else match[1].strip("[]").lower()


def is_near(host: str, own: frozenset[str]) -> bool:
    """Tell whether a host is this computer, the private network, or of a domain that this server serves."""
    if not set(host) & set(".:{"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "{http_host}" or host.endswith((".local", ".lan", ".internal", ".corp")) or _domain(host) in own
    return not address.is_global


def own_domains(server: Server) -> frozenset[str]:
    """Return the domains that the bindings of a server name."""
    sites = {app.site for app in server.apps}
    hosts = (b.rpartition(":")[2].lower() for site in sites for b in server.bindings(site))
    return frozenset(_domain(host) for host in hosts if "." in host)


def audience(rule: Element, groups: tuple[Element, ...] = ()) -> str:
    """Return whom a rule singles out: search engines, their visitors, or nobody (empty)."""
    said = {_audience(condition) for holder in (rule, *groups) for condition in _conditions(holder)} - {""}
    return " and ".join(sorted(said))


def sources(markup: str) -> tuple[str, ...]:
    """Return the hosts that markup loads scripts and frames from."""
    return tuple(dict.fromkeys(host.lower() for host in _SOURCE.findall(markup[:MAX_TEXT])))


def is_hidden(markup: str) -> bool:
    """Tell whether markup is made not to be seen."""
    return _HIDDEN.search(markup[:MAX_TEXT]) is not None


def pre_conditions(server: Server) -> dict[str, list[Element]]:
    """Return the outbound preconditions by name."""
    found: dict[str, list[Element]] = {}
    for track in Follower(server, OUTBOUND, "preConditions").entries():
        found.setdefault(track.get("name"), []).append(track.element)
    return found


def _conditions(holder: Element) -> Iterator[Element]:
    conditions = holder.child("conditions")
    yield from (holder if conditions is None else conditions).all("add")


def _audience(condition: Element) -> str:
    asked, pattern = condition.get("input").upper(), condition.get("pattern")[:MAX_TEXT]
    if condition.get("negate").lower() == "true":
        return ""
    if "USER_AGENT" in asked and _CRAWLER.search(pattern):
        return "search engines"
    return "visitors who come from search engines" if "REFERER" in asked and _SEARCH.search(pattern) else ""


def _domain(host: str) -> str:
    """Return the domain somebody registered: two labels, three below the likes of `co.uk`."""
    labels = host.split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if shared else -2 :])
