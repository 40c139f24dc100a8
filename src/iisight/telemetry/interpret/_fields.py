"""Fields of events as the sources read them: `-` is nothing, values may be named or in a known position."""

import re

from iisight.model.event import Event

MAX_TEXT = 65_536  # characters of one field that are looked at

_NUMBER = re.compile(r"\s*(?:0x([0-9A-Fa-f]{1,16})|([0-9]{1,20}))\s*\Z")
_NOTHING = ("-", "(null)", "%%1793")


def text(event: Event, name: str, position: int = 0) -> str:
    """Return a field by its name, else by its position among values without names (1 is the first)."""
    value = event.get(name) or (event.get(f"param{position}") if position else "")
    return "" if value in _NOTHING else value[:MAX_TEXT]


def number(value: str) -> int | None:
    """Return a number written decimal or `0x…`; None for anything else."""
    match = _NUMBER.match(value[:32])
    if match is None:
        return None
    return int(match[1], 16) if match[1] else int(match[2])


def account(domain: str, user: str) -> str:
    r"""Return `DOMAIN\name`, or what there is of it."""
    return f"{domain}\\{user}" if domain and user else user


def lines(event: Event) -> list[str]:
    """Return the values in the order of the record, those of several values one by one."""
    return [line for value in event.fields.values() for line in value[:MAX_TEXT].split("\n")]
