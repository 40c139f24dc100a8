"""L-21: URL Rewrite rules that fetch another server's answer, or put markup into responses."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from iisight.inventory.draft import Draft
from iisight.inventory.survey import Survey
from iisight.inventory.track import Track
from iisight.model.component import Kind
from iisight.model.config import Fate

INBOUND = ("system.webServer/rewrite/rules", "system.webServer/rewrite/globalRules")
OUTBOUND = "system.webServer/rewrite/outboundRules"
_ABSOLUTE = re.compile(r"\s*(?:https?|wss?)://", re.IGNORECASE)
_MARKUP = re.compile(r"<\s*(?:script|iframe|meta|a|img|link|object|div|svg)\b", re.IGNORECASE)


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every proxying rule and every outbound rule that writes markup."""
    for section in INBOUND:
        for track in survey.track(section):
            action = track.element.child("action")
            if action is not None and action.get("type") == "Rewrite" and _ABSOLUTE.match(action.get("url")):
                yield from _draft(track, section, action.get("url"))
    for track in survey.track(OUTBOUND):
        action = track.element.child("action")
        if action is not None and track.element.name == "rule" and _MARKUP.search(action.get("value")):
            yield from _draft(track, OUTBOUND, action.get("value"))


def _draft(track: Track, section: str, target: str) -> Iterator[Draft]:
    draft = Draft(Kind.REWRITE_PROXY, "L-21", track.get("name"), arguments=target)
    registration = track.registration(section)
    if track.get("enabled", "true").lower() == "false" and track.fate is Fate.ACTIVE:
        registration = replace(registration, fate=Fate.DISABLED, reason="enabled=false")
    elif track.fate is Fate.ACTIVE:
        draft.presence.extend(track.presence)
    draft.registrations.append(registration)
    yield draft
