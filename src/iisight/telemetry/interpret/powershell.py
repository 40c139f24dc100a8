"""PowerShell 4103 and 4104, and 400 and 800 of the older log: what scripts and commands do.

4104 comes in pieces: `ScriptJoiner` puts them together before they are read. 4103 and 800 have each command with the
parameters it was really given, after all variables and aliases.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from iisight.model.activity import Action, Actor
from iisight.model.event import Event
from iisight.model.need import any_of
from iisight.parsers import commands
from iisight.telemetry.interpret._fields import lines, number, text
from iisight.telemetry.interpret._joiner import GAPS
from iisight.telemetry.interpret._places import Watch

_MODERN = ("microsoft-windows-powershell", "powershellcore")
READS = frozenset({(n, i) for n in _MODERN for i in (4103, 4104)} | {("powershell", i) for i in (400, 800)})
NEED = any_of("Microsoft-Windows-PowerShell", "PowerShellCore", "HostApplication", "CommandInvocation")
MAX_COMMANDS = 256
MAX_SCRIPT = 4 * 1024 * 1024  # characters

_PIECE = re.compile(r"^[ \t]*(?=(?:CommandInvocation|ParameterBinding|(?:Non)?TerminatingError)\()", re.MULTILINE)
_INVOKED = re.compile(r"CommandInvocation\(([^()\s]{1,256})\)")
_BOUND = re.compile(r'ParameterBinding\(([^()\s]{1,256})\): name="([^"]{1,256})"; value="(.*)"\s*\Z', re.DOTALL)
_CONTEXT = re.compile(r"^[ \t]*([A-Za-z][\w ]{0,40}?)[ \t]*=[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z][\w-]{0,255}\Z")


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what a script or a command does."""
    if event.id == 4104:
        return Actor(sid=event.user, pid=event.process), _scripted(event)
    values = _whole_text(event)
    context = _context(values)
    actor = _actor(event, context)
    if event.id == 400:
        return actor, commands.command_actions(actor.command) if actor.command else ()
    script = "\n".join(bound_commands(values))
    return actor, commands.script_actions(script) if script else ()


def _scripted(event: Event) -> tuple[Action, ...]:
    script = event.get("ScriptBlockText")[:MAX_SCRIPT]
    done = commands.script_actions(script) if script else ()
    extra = tuple(filter(None, (event.get(GAPS), text(event, "Path"))))
    return tuple(replace(a, note="; ".join(filter(None, (a.note, *extra)))) for a in done) if extra else done


def _whole_text(event: Event) -> str:
    """Return all values as one text, as far as it is looked at."""
    return "\n".join(lines(event)).replace("\r\n", "\n")[:MAX_SCRIPT]


def bound_commands(payload: str) -> Iterator[str]:
    """Yield the commands of a payload as one would type them, with the parameters they were given."""
    parameters: list[str] = []
    name, count = "", 0
    for piece in _PIECE.split(payload):
        if invoked := _INVOKED.match(piece):
            if name:
                yield " ".join((name, *parameters))
                count += 1
            if count >= MAX_COMMANDS:
                return
            name, parameters = (invoked[1] if _WORD.match(invoked[1]) else ""), []
        elif (bound := _BOUND.match(piece)) and bound[1] == name and _WORD.match(bound[2]):
            parameters.append(_parameter(bound[2], bound[3]))
    if name:
        yield " ".join((name, *parameters))


def _parameter(name: str, value: str) -> str:
    if value in ("True", "False"):
        return f"-{name}:${value.lower()}"
    quoted = value.replace("'", "''")
    return f"-{name} '{quoted}'"


def _context(values: str) -> dict[str, str]:
    """Return the `Name = value` lines that say who ran it; they are in the language of the server."""
    found: dict[str, str] = {}
    for match in _CONTEXT.finditer(values[:65_536]):
        found.setdefault(match[1].replace(" ", "").lower(), match[2])
    return found


def _actor(event: Event, context: dict[str, str]) -> Actor:
    return Actor(
        user=context.get("user") or context.get("userid", ""),
        sid=event.user,
        command=context.get("hostapplication", ""),
        pid=event.process or number(context.get("hostprocessid", "")),
    )
