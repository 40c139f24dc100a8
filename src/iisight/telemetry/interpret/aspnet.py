"""ASP.NET 1309 and 1316 in the Application log: what ASP.NET refused or failed at.

The values have no names. Positions are those of WebEventFormatter in the .NET reference source; since products differ,
the code, the process and the exception are found by what they look like.
"""

import re

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import literal
from iisight.telemetry.interpret._fields import lines, number
from iisight.telemetry.interpret._places import Watch

_NAMES = ("asp.net 2.0.50727.0", "asp.net 4.0.30319.0")
READS = frozenset((name, i) for name in _NAMES for i in (1309, 1310, 1315, 1316))
NEED = literal("ASP.NET")
MAX_NOTE = 200  # characters

_VIEWSTATE = re.compile(r"view\s?state", re.IGNORECASE)
_EXCEPTION = re.compile(r"[A-Z][\w.+]{0,200}Exception\b|[A-Z]\w{0,60}(?:\.\w{1,60}){1,12}Error\b")
_ACCOUNT = re.compile(r"[^\\/:\s][^\\/:]{0,100}\\[^\\/:]{1,100}")
_APPLICATION = re.compile(r"/LM/W3SVC/\d{1,10}/ROOT[^\s]{0,260}", re.IGNORECASE)


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what ASP.NET failed at."""
    values = [value.strip() for value in lines(event)]
    exception = next((m[0] for v in values[:64] if (m := _EXCEPTION.match(v[:400]))), "")
    refused = any(_VIEWSTATE.search(value[:4000]) for value in values[:200])
    parts = ("view state was refused" if refused else "", exception)
    note = ": ".join(filter(None, parts))[:MAX_NOTE] or (values[1][:MAX_NOTE] if len(values) > 1 else "")
    scope = next((m[0] for v in values[:64] if (m := _APPLICATION.match(v))), "")
    url = next((v for v in values[:64] if v.lower().startswith(("http://", "https://"))), "")
    return _actor(values[:64]), (Action(Act.FAULT, "ASP.NET", url, scope=scope, note=note),)


def _actor(values: list[str]) -> Actor:
    at = next((i for i, v in enumerate(values) if paths.lower(v) == "w3wp.exe"), None)
    user = next((v for v in values[at or 0 :] if _ACCOUNT.fullmatch(v)), "") if at is not None else ""
    return Actor(
        user=user,
        process="w3wp.exe" if at is not None else "",
        pid=number(values[at - 1]) if at else None,
    )
