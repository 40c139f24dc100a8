"""L-21: URL Rewrite rules that fetch another server's answer, or put markup into responses."""

import re
from collections.abc import Iterable, Iterator

from iisight.inventory.draft import Draft, from_switched
from iisight.inventory.survey import Survey
from iisight.inventory.track import Track
from iisight.model.component import Kind
from iisight.model.config import Element

INBOUND = ("system.webServer/rewrite/rules", "system.webServer/rewrite/globalRules")
OUTBOUND = "system.webServer/rewrite/outboundRules"
_ABSOLUTE = re.compile(r"\s*(?:https?|wss?)://", re.IGNORECASE)
_CRAWLER = re.compile(
    r"google|bing|baidu|yandex|slurp|sogou|yisou|360spider|haosou|coccoc|duckduck|naver|yeti|bytespider|petalbot"
    r"|spider|crawler",
    re.IGNORECASE,
)
_DEVICE = re.compile(r"android|iphone|blackberry|opera mini|windows (?:ce|phone)", re.IGNORECASE)
_SEARCH = re.compile(r"google|bing|yahoo|baidu|yandex|sogou|\bso\\?\.com|haosou|coccoc|duckduckgo|naver", re.IGNORECASE)
_MAX_TEXT = 16_384  # characters of a pattern that are looked at
_MARKUP = re.compile(r"<\s*(?:script|iframe|meta|a|img|link|object|div|svg)\b", re.IGNORECASE)


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every rule that leads to another server and every outbound rule that writes markup.

    A redirect shows in the address bar, and sites are full of them: only those count that search engines or the
    visitors they send are singled out for.
    """
    for section in INBOUND:
        for track in survey.track(section):
            action = track.element.child("action")
            if action is not None and _ABSOLUTE.match(action.get("url")) and _leads(action.get("type"), track):
                yield from _draft(track, section, action.get("url"))
    for track in survey.track(OUTBOUND):
        action = track.element.child("action")
        if action is not None and track.element.name == "rule" and _MARKUP.search(action.get("value")):
            yield from _draft(track, OUTBOUND, action.get("value"))


def _leads(action: str, track: Track) -> bool:
    return action == "Rewrite" or (action == "Redirect" and bool(audience(track.element)))


def audience(rule: Element, groups: tuple[Element, ...] = ()) -> str:
    """Return whom a rule's conditions single out: search engines, their visitors, or nobody (empty)."""
    said = {_audience(condition) for holder in (rule, *groups) for condition in _conditions(holder)} - {""}
    return " and ".join(sorted(said))


def _conditions(holder: Element) -> Iterator[Element]:
    conditions = holder.child("conditions")
    yield from (holder if conditions is None else conditions).all("add")


def _audience(condition: Element) -> str:
    asked, pattern = condition.get("input").upper(), condition.get("pattern")[:_MAX_TEXT]
    if condition.get("negate").lower() == "true":
        return ""
    if "USER_AGENT" in asked and _CRAWLER.search(pattern) and not _DEVICE.search(pattern):  # lists of mobile browsers
        return "search engines"
    return "visitors who come from search engines" if "REFERER" in asked and _SEARCH.search(pattern) else ""


def _draft(track: Track, section: str, target: str) -> Iterator[Draft]:
    draft = Draft(Kind.REWRITE_PROXY, "L-21", track.get("name"), arguments=target)
    yield from_switched(track, section, draft)
