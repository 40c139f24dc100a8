"""Records as the text that Event Viewer shows: what Splunk indexes unless it is told `renderXml`."""

import re
from collections.abc import Mapping
from functools import cache

from iisight.parsers.exports.tables import read_table
from iisight.parsers.record import MAX_FIELDS

_KEY = re.compile(r"([A-Za-z]\w{0,40})=(.*)")
_LABEL = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9 ]{0,40}?):[ \t]*(.*)")
_SYSMON = "Microsoft-Windows-Sysmon"
_SHOWN = {"Microsoft Windows security auditing.": "Microsoft-Windows-Security-Auditing"}
_SCRIPT_BLOCK = re.compile(
    r"Creating Scriptblock text \((\d{1,9}) of (\d{1,9})\):\r?\n(.*)\n\s*ScriptBlock ID: ([^\n]*)\n\s*Path:(.*)",
    re.DOTALL,
)


def read_classic(text: str) -> dict[str, str]:
    """Return the lines `key=value` of a record, `Message` with all that follows it; empty when it is none."""
    found: dict[str, str] = {}
    head, sign, message = text.partition("\nMessage=")
    for line in head.splitlines()[:MAX_FIELDS]:
        if match := _KEY.fullmatch(line.strip()):
            found.setdefault(match[1], match[2])
    if "EventCode" not in found:
        return {}
    return {**found, "Message": message} if sign else found


def spelled_out(number: int, provider: str, message: str) -> dict[str, str]:
    """Return the fields that a message shows by name, else the message itself as `Message`."""
    if not message:
        return {}
    if provider == _SYSMON:
        labels = _lines(message)
        return labels or {"Message": message}
    if number == 4104 and (block := _SCRIPT_BLOCK.fullmatch(message)):
        names = ("MessageNumber", "MessageTotal", "ScriptBlockText", "ScriptBlockId", "Path")
        return dict(
            zip(names, (part.strip() if at > 2 else part for at, part in enumerate(block.groups())), strict=True)
        )
    names_of = _labels().get(str(number), {})
    found = {names_of[label]: text for label, text in _lines(message).items() if label in names_of}
    return found or {"Message": message}


def provider_of(shown: str) -> str:
    """Return the provider's own name for the one that Event Viewer shows."""
    return _SHOWN.get(shown, shown)


def _lines(message: str) -> dict[str, str]:
    """Return `label: value` lines; of equal labels the first, which is the subject's."""
    found: dict[str, str] = {}
    for line in message.splitlines()[:MAX_FIELDS]:
        match = _LABEL.fullmatch(line)
        if match is not None and (match[2] or line[:1] not in "\t "):
            found.setdefault(match[1], match[2].rstrip())
    return {label: text for label, text in found.items() if text}


@cache
def _labels() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for event, label, field in read_table("labels"):
        found.setdefault(event, {})[label] = field
    return found
