"""Which tokens of an assembly stand for methods that matter (ECMA-335 II.22.25 MemberRef, II.22.29 MethodSpec)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.names import Names, Row, target
from iisight.parsers.pe.clr.roles import APPLICATION
from iisight.parsers.pe.clr.signatures import parameter_types
from iisight.parsers.pe.clr.tables import rows

MAX_MEMBERS = 10_000


@dataclass(frozen=True, slots=True)
class Targets:
    """Tokens of methods, by what they are: names of calls, and pipeline events that are subscribed to."""

    calls: Mapping[int, str]
    events: Mapping[int, str]


def find_targets(names: Names, applications: Iterable[int]) -> Targets:
    """Find the methods of the table of calls, and the events of HttpApplication and of the types derived from it."""
    wanted = _wanted_rows(names)
    of_application = {(schema.TYPE_DEF, number) for number in applications}
    calls: dict[int, str] = {}
    events: dict[int, str] = {}
    left = MAX_MEMBERS
    for number, (parent, name_at, signature) in enumerate(names.metadata.rows(schema.MEMBER_REF), 1):
        row = names.member_parent(parent)
        members = wanted.get(row)
        if members is None and row not in of_application:
            continue
        left -= 1
        if not left:
            names.note(f"methods that are called: {MAX_MEMBERS} are looked at")
            break
        name = names.metadata.strings.read(name_at)
        token = schema.MEMBER_REF << 24 | number
        owner = names.type(*row)
        if (owner == APPLICATION or row in of_application) and (event := event_of(name)):
            events[token] = event
        elif members and (member := _matching(names, members, name, signature)):
            calls[token] = f"{owner}::{member}"
    _add_generic(names, calls)
    return Targets(calls, events)


def event_of(method: str) -> str:
    """Return the event that a method of HttpApplication subscribes to: `add_LogRequest`, `AddOnLogRequestAsync`."""
    if method.startswith("add_"):
        return method.removeprefix("add_")
    if method.startswith("AddOn") and method.endswith("Async"):
        return method.removeprefix("AddOn").removesuffix("Async")
    return ""


def _wanted_rows(names: Names) -> dict[Row, list[str]]:
    """Return the rows of TypeRef that calls are wanted of, with the members."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for row in rows("calls"):
        wanted[row["type"]].append(row["member"])
    wanted[APPLICATION]  # its events
    return {row: wanted[name] for row, name in names.called(wanted, (schema.TYPE_REF,)).items()}


def _matching(names: Names, members: Iterable[str], name: str, signature: int) -> str:
    """Return how a member is to be called when it is wanted: `Start`, `Load(byte[])`; else nothing."""
    for member in members:
        plain, bracket, kind = member.rstrip(")").partition("(")
        if bracket and plain == name:
            if next(parameter_types(names, names.metadata.blob(signature)), "") == kind:
                return member
        elif plain == name or (plain.endswith("*") and name.startswith(plain[:-1])):
            return name
    return ""


def _add_generic(names: Names, calls: dict[int, str]) -> None:
    """Add the instances of generic methods."""
    for number, (coded, _) in enumerate(names.metadata.rows(schema.METHOD_SPEC), 1):
        table, row = target("MethodDefOrRef", coded)
        if table == schema.MEMBER_REF and (name := calls.get(table << 24 | row)):
            calls[schema.METHOD_SPEC << 24 | number] = name
