"""One event in every shape that is read: it comes out the same, as far as the shape has it."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers.exports import HEAD, events, recognise

FOLDER = Path(__file__).parent / "exports"
SHAPES = sorted(path.name for path in FOLDER.iterdir())
ABSENT = {  # what a shape does not have
    "azure_event.ndjson": {"record", "user", "process"},
    "splunk_classic.ndjson": {"process"},
    "splunk_flat.ndjson": {"process"},
    "velociraptor_hunter.ndjson": {"process"},
}
EMPTY = {"splunk_classic.ndjson", "elastic_sysmon.ndjson"}  # fields without a value, or their order, are not in these

EVENT = Event(
    provider="Microsoft-Windows-Sysmon",
    channel="Microsoft-Windows-Sysmon/Operational",
    id=1,
    time=datetime(2024, 3, 14, 1, 39, 32, 609_000, UTC),
    computer="web01.contoso.test",
    record=4711,
    user="S-1-5-18",
    process=2120,
    fields={
        "UtcTime": "2024-03-14 01:39:32.600",
        "ProcessGuid": "{5770385F-C22A-43E0-BF4C-06F5698FF001}",
        "ProcessId": "5120",
        "Image": r"C:\Windows\System32\inetsrv\appcmd.exe",
        "CommandLine": 'appcmd.exe list site "Größe" & echo <ok>',
        "User": r"NT AUTHORITY\SYSTEM",
        "ParentImage": r"C:\Windows\System32\cmd.exe",
        "ParentCommandLine": "",
    },
)


def read(name: str) -> Event:
    with (FOLDER / name).open("rb") as stream:
        (event,) = events(stream, Locator(name))
    assert isinstance(event, Event)
    return event


@pytest.mark.parametrize("name", SHAPES)
def test_the_event_is_the_same_in_every_shape(name: str) -> None:
    absent = {field.name: field.default for field in fields(Event) if field.name in ABSENT.get(name, ())}
    absent |= {field: None for field in ("record", "process") if field in absent} | (
        {"user": ""} if "user" in absent else {}
    )
    expected = replace(EVENT, **absent)  # type: ignore[arg-type]
    found = read(name)
    if name in EMPTY:
        assert {key: value for key, value in expected.fields.items() if value} == {
            key: value for key, value in found.fields.items() if value
        }
        found = replace(found, fields=expected.fields)
    assert list(found.fields) == list(expected.fields)
    assert replace(found, locator=expected.locator) == expected


@pytest.mark.parametrize("name", SHAPES)
def test_an_export_is_recognised_by_its_head(name: str) -> None:
    form = recognise((FOLDER / name).read_bytes()[:HEAD])
    assert form is not None
    assert form.value == ("xml" if name.endswith(".xml") else "json")


@pytest.mark.parametrize("name", SHAPES)
def test_the_place_of_a_record_is_its_line(name: str) -> None:
    line = 2 if name in {"event_viewer.xml", "evtx_dump_pretty.json"} else 1
    place = read(name).locator
    assert (place.path, place.line) == (name, line)
