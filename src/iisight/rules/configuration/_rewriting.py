"""What a URL Rewrite rule does, to whom, and where it leads."""

import ipaddress
import re
from functools import cache

from iisight.inventory.config.build import Server
from iisight.inventory.mechanisms.rewriting import INBOUND, OUTBOUND, audience
from iisight.inventory.track import Follower, Track
from iisight.model.config import Element

__all__ = ["INBOUND", "OUTBOUND", "audience"]
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
_SEARCH = re.compile(r"(?:^|\.)(?:google|bing|yahoo|baidu|yandex|sogou|so|duckduckgo|naver)\.", re.IGNORECASE)
_NEAR = (
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)
"""This computer and private networks (RFC 1918, 3927, 6598, 4193, 4291)."""
_DECIMAL = re.compile(r"[0-9]{1,10}")


def rules(server: Server, section: str) -> list[Track]:
    """Return the rules of a section, switched off and unread ones included."""
    return [t for t in Follower(server, section).entries() if t.element.name == "rule"]


def host_of(url: str) -> str:
    """Return the host an absolute URL names, lower-case; empty when there is none."""
    match = _HOST.match(url[:MAX_TEXT])
    return "" if match is None else match[1].strip("[]").lower()


def is_near(host: str, own: frozenset[str]) -> bool:
    """Tell whether a host is this computer, the private network, or of a domain that this server serves."""
    address = address_of(host)
    if address is not None:
        return address.is_unspecified or any(address in network for network in _near_networks())
    if not set(host) & set(".:{"):
        return True
    return host == "{http_host}" or host.endswith((".local", ".lan", ".internal", ".corp")) or _domain(host) in own


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is written as, as one number too (`3221226219`); None when it is a name."""
    try:
        return ipaddress.ip_address(int(host) if _DECIMAL.fullmatch(host) else host)
    except ValueError:
        return None


@cache
def _near_networks() -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(map(ipaddress.ip_network, _NEAR))


def is_search_engine(host: str) -> bool:
    """Tell whether a host is one of a search engine, to which administrators send its robots home."""
    return _SEARCH.search(host) is not None


def own_domains(server: Server) -> frozenset[str]:
    """Return the domains that the bindings of a server name."""
    hosts = (binding.rpartition(":")[2].lower() for found in server.bindings().values() for binding in found)
    return frozenset(_domain(host) for host in hosts if "." in host)


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


def _domain(host: str) -> str:
    """Return the domain somebody registered: two labels, three below the likes of `co.uk`."""
    labels = host.split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if shared else -2 :])
