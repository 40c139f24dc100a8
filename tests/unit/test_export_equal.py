"""An exported query says of events what iisight says: SQL in SQLite, EQL in the `eql` package's engine.

The events are those of all pages of rules about events, and generated ones; with `IISIGHT_CORPUS`, those of real logs.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from iisight.engine.registry import Shape, all_rules
from iisight.export.conversion import Dialect, Query, query_of
from iisight.export.dialects import elastic, sqlite
from iisight.export.made import CannotSayError
from iisight.export.material import SigmaText, sigma_texts
from iisight.model.event import Event
from iisight.sigma.compile import compile_texts
from iisight.sigma.documents import NotSigmaError, read_documents
from iisight.sigma.match import Matcher
from iisight.sigma.rule import CompiledRule
from iisight.sigma.tables import native_names
from iisight.workbench.event_blocks import events_of
from iisight.workbench.pages import parse_page
from tests.dialects import back_ends_are_there
from tests.oracles.sigma_events import PARTS, generated, leaves
from tests.oracles.sigma_events import of_logs as events_of_logs
from tests.oracles.sigma_sql import Table

TEXTS, _ = sigma_texts(all_rules(Shape.EVENT))
LOGS = Path(os.environ.get("IISIGHT_CORPUS", ""), "evtx") if os.environ.get("IISIGHT_CORPUS") else None


@pytest.fixture(autouse=True)
def _back_ends() -> None:
    back_ends_are_there()


@cache
def page_events() -> tuple[Event, ...]:
    """Return the events of every page of a rule about events."""
    cases = (case for rule in all_rules(Shape.EVENT) for case in parse_page(rule.page()).cases)
    return tuple(event for case in cases for event in events_of(case.blocks))


def parts(text: SigmaText) -> Iterator[tuple[CompiledRule, dict[str, Any]]]:
    """Yield the rules of a text, compiled and as documents."""
    compiled = compile_texts([(text.name, text.text)])
    assert not compiled.not_evaluated
    rules = {rule.uuid: rule for rule in compiled.rules}
    for _, document in read_documents(text.text):
        assert not isinstance(document, NotSigmaError)
        yield rules[str(document["id"])], document


def said(document: dict[str, Any], dialect: Dialect, *reasons: str) -> Query | None:
    """Return the query of the whole document, or None where the dialect cannot say it for one of these reasons."""
    try:
        query = query_of(document, dialect)
    except CannotSayError as error:
        if not any(reason in str(error) for reason in reasons):
            raise
        return None
    assert not query.left_out
    return query


def hits(rule: CompiledRule, events: list[Event]) -> set[int]:
    """Return the numbers of the events that iisight says the rule hits."""
    matcher = Matcher([rule])
    return {number for number, event in enumerate(events) if matcher.hits(event)}


def complete(rule: CompiledRule, count: int) -> Iterator[Event]:
    """Yield generated events that have all a rule asks for: `not` of a missing field is null to that engine."""
    for event in generated(rule, count):
        (mapping, *_) = [each.mapping for each in rule.bindings if each.channel in ("", event.channel)]
        native = native_names(mapping)
        asked = {
            native.get(leaf.field.lower(), leaf.field) for leaf in leaves(rule.condition) if hasattr(leaf, "field")
        }
        if {name for name in asked if name not in PARTS} <= set(event.fields):
            yield event


def test_the_pages_have_events_of_many_kinds() -> None:
    assert len({(event.channel, event.id) for event in page_events()}) > 30


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_sql_says_what_iisight_says(text: SigmaText) -> None:
    for rule, document in parts(text):
        query = said(document, sqlite.dialect(), "sought in the whole event")
        if query is None:
            continue
        events = [*page_events(), *generated(rule, 60)]
        assert Table(events).ask(query.text.partition(" WHERE ")[2]) == hits(rule, events), query.text


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_eql_says_what_iisight_says(text: SigmaText) -> None:
    for rule, document in parts(text):
        query = said(document, elastic.eql(), "sought in the whole event", "two fields", "with one of")
        if query is None:
            continue
        events = [*page_events(), *complete(rule, 40)]
        assert ask_eql(query.text, events) == hits(rule, events), query.text


@pytest.mark.skipif(LOGS is None, reason="IISIGHT_CORPUS is not set")
def test_sql_says_what_iisight_says_of_real_logs() -> None:
    assert LOGS is not None
    asked = 0
    for events in events_of_logs(LOGS).values():
        table = Table(events)
        for text in TEXTS:
            for rule, document in parts(text):
                query = said(document, sqlite.dialect(), "sought in the whole event")
                if query is None:
                    continue
                asked += len(events)
                assert table.ask(query.text.partition(" WHERE ")[2]) == hits(rule, events), query.text
    assert asked


# How Winlogbeat's module for Sysmon and Security calls what the events call otherwise.
_ECS = {
    "Image": "process.executable.caseless",
    "NewProcessName": "process.executable.caseless",
    "ProcessName": "process.executable.caseless",
    "SourceImage": "process.executable.caseless",
    "Application": "process.executable.caseless",
    "ParentImage": "process.parent.executable.caseless",
    "ParentProcessName": "process.parent.executable.caseless",
    "CommandLine": "process.command_line",
    "TargetFilename": "file.path",
    "ScriptBlockText": "powershell.file.script_block_text",
    "SubjectDomainName": "user.domain",
    "DestinationPort": "destination.port",
    "DestPort": "destination.port",
}
_NUMBERS = ("destination.port",)


def ask_eql(query: str, events: list[Event]) -> set[int]:
    """Return the numbers of the events that meet a query, by the reference implementation of EQL."""
    from eql import PythonEngine
    from eql.events import Event as EqlEvent
    from eql.parser import elasticsearch_syntax, parse_query, skip_optimizations

    with elasticsearch_syntax, skip_optimizations:
        parsed = parse_query(query)
    engine = PythonEngine()
    engine.add_query(parsed)
    found: list[Any] = []
    engine.add_output_hook(found.append)
    for number, event in enumerate(events):
        engine.stream_event(EqlEvent("any", number, {**_ecs(event), "number": number}))
    return {result.events[0].data["number"] for result in found}


def _ecs(event: Event) -> dict[str, Any]:
    flat: dict[str, Any] = {
        "event.code": str(event.id),
        "winlog.channel": event.channel,
        "winlog.provider_name": event.provider,
    }
    for name, value in event.fields.items():
        place = _ECS.get(name, f"winlog.event_data.{name}")
        flat[place] = int(value) if place in _NUMBERS and value.isdigit() else value
        if name == "Initiated":
            flat["network.direction"] = {"true": "egress", "false": "ingress"}.get(value.lower(), value)
    nested: dict[str, Any] = {}
    for place, value in flat.items():
        *path, last = place.split(".")
        holder: dict[str, Any] = nested
        for step in path:
            holder = holder.setdefault(step, {})
        holder[last] = value
    return nested


def test_the_eql_engine_is_asked_what_it_can_answer() -> None:
    event = Event("p", "System", 7, None, fields={"F": "aXb"})
    assert ask_eql('any where winlog.event_data.F:"*x*" and event.code:"7"', [event]) == {0}
    assert ask_eql('any where winlog.event_data.F:"*y*"', [event]) == set()


def test_a_query_for_another_channel_hits_nothing() -> None:
    event = Event("p", "System", 29, None, fields={"Configuration": "/system.webServer/globalModules/add/@image"})
    document: Mapping[str, Any] = {
        "logsource": {"product": "windows", "service": "iis-configuration"},
        "detection": {"s": {"Configuration|contains": "globalModules"}, "condition": "s"},
    }
    query = query_of(dict(document), sqlite.dialect())
    assert Table([event]).ask(query.text.partition(" WHERE ")[2]) == set()
