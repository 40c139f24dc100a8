"""Exports of event logs that are not as they should be: what is lost, where, and nothing more."""

import json
from io import BytesIO

import pytest

from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.parsers.exports import Format, events, recognise
from iisight.parsers.exports.times import time_of
from iisight.parsers.exports.window import MAX_RECORD

GOOD = '{"EventID":%d,"Channel":"Security","EventData":{"A":"b"}}'
XML = "<Event><System><Provider Name='P'/><EventID>%d</EventID></System><EventData>%s</EventData></Event>"


def ids(data: str | bytes) -> list[int | str]:
    """Return the numbers of the events, and for what is lost `line: reason`."""
    body = data.encode() if isinstance(data, str) else data
    found = list(events(BytesIO(body), Locator("x")))
    return [f"{one.locator.line}: {one.reason}" if isinstance(one, Lost) else one.id for one in found]


def one(value: object) -> Event:
    (event,) = events(BytesIO(json.dumps(value).encode()), Locator("x"))
    assert isinstance(event, Event)
    return event


@pytest.mark.parametrize(
    ("damaged", "lost"),
    [
        ('{"EventID":2,"Channel":"Sec', "JSON: Expecting ',' delimiter"),
        ('{"EventID":2,}', "JSON: Illegal trailing comma before end of object"),
        ("not json at all", "no JSON object"),
        ("17", "no JSON object"),
        ('{"name":"package"}', "no record of an event log"),
        ('{"System":{}}', "no record of an event log"),
        ('{"System":5,"EventData":7}', "no record of an event log"),
        ('{"winlog":{"channel":"x"}}', "no record of an event log"),
        ('{"EventID":"many","Channel":"Security"}', "no record of an event log"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "JSON: too deep, or a number too long"),
        ('{"EventID":' + "9" * 5000 + "}", "JSON: too deep, or a number too long"),
    ],
)
def test_a_bad_line_costs_itself_only(damaged: str, lost: str) -> None:
    found = ids(f"{GOOD % 1}\n{damaged}\n{GOOD % 3}\n\n{GOOD % 4}\n")
    assert [one for one in found if not isinstance(one, str)] == [1, 3, 4]
    (text,) = [one for one in found if isinstance(one, str)]
    assert text.startswith("2: ")
    assert text == f"2: {lost}" or lost.startswith("JSON: Illegal trailing")  # worded by the version of Python


def test_a_bad_record_of_a_printed_array_costs_itself_only() -> None:
    values = [json.dumps(json.loads(GOOD % number), indent=2) for number in (1, 2, 3)]
    values[1] = values[1].replace('"Security"', '"Sec\\qurity"')
    found = ids("[\n" + ",\n".join(values) + "\n]\n")
    assert (found[0], found[2], len(found)) == (1, 3, 3)
    assert str(found[1]).startswith("9: JSON: ")


def test_a_bad_record_of_an_array_in_one_line_costs_itself_only() -> None:
    found = ids("[" + ",".join((GOOD % 1, '{"EventID": oops}', GOOD % 3)) + "]")
    assert found == [1, "1: JSON: Expecting value", 3]


def test_what_surrounds_the_records_of_an_answer_is_no_loss() -> None:
    assert ids(f'{{"preview":false, "messages":[],"results":[{GOOD % 1},\n{GOOD % 2}],"highlighted":{{}}}}') == [1, 2]


def test_a_record_without_an_end_is_bounded_and_the_next_is_read() -> None:
    long = '{"EventID":2,"Channel":"' + "x" * (2 * MAX_RECORD)
    assert ids(f"{long}\n{GOOD % 3}\n") == [f"1: more than {MAX_RECORD:,} characters", 3]
    assert ids(f"{GOOD % 1}\n{XML % (2, '')}")[0] == 1


def test_lines_are_counted_over_many_pieces() -> None:
    count = 30_000
    body = "".join(f'{{"EventID":{number},"Channel":"Security","A":"{"x" * 80}"}}\n' for number in range(1, count + 1))
    found = list(events(BytesIO(body.encode("utf-16")), Locator("x")))
    assert [(one.id, one.locator.line) for one in found if isinstance(one, Event)] == [
        (number, number) for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_each_encoding_is_read(encoding: str) -> None:
    assert ids((GOOD % 1).encode(encoding)) == [1]
    assert ids((XML % (1, "<Data>é</Data>")).encode(encoding)) == [1]


@pytest.mark.parametrize(
    ("damaged", "lost"),
    [
        (XML % (2, "<Data>"), "2: XML: mismatched tag"),
        (XML % (2, "&b;"), "2: XML: undefined entity"),
        (XML % (2, "<!DOCTYPE a>"), "2: XML: not well-formed (invalid token)"),
        ((XML % (2, ""))[:-30], "2: XML: not well-formed (invalid token)"),
        (XML % (2, "<a>" * 100 + "</a>" * 100), "2: XML: more than 64 levels or 16,384 elements"),
        (XML % (2, "<a/>" * 20_000), "2: XML: more than 64 levels or 16,384 elements"),
        ("<Event></Event>", "2: no record of an event log"),
    ],
)
def test_a_bad_event_costs_itself_only(damaged: str, lost: str) -> None:
    assert ids(f"<Events>{XML % (1, '')}\n{damaged}\n{XML % (3, '')}</Events>") == [1, lost, 3]


def test_a_truncated_last_event_is_lost() -> None:
    assert ids(XML % (1, "") + (XML % (2, ""))[:60]) == [1, "1: XML: the event does not end"]


def test_an_element_named_event_inside_of_an_event_is_read() -> None:
    body = "<Event><System><EventID>7</EventID></System><UserData><Event xmlns='u'><A>1</A></Event></UserData></Event>"
    (event, after) = events(BytesIO((body + XML % (8, "")).encode()), Locator("x"))
    assert isinstance(event, Event)
    assert (event.id, dict(event.fields)) == (7, {"A": "1"})
    assert isinstance(after, Event)


def test_values_of_xml_are_kept_as_they_are() -> None:
    data = "<Data Name='a'>one\r\ntwo</Data><Data Name='b'>\n  </Data>"
    data += "<Data Name='c'>&lt;x&gt;\x03&#3;&#x1F;&#65;</Data><Binary>0A</Binary>"
    (event,) = events(BytesIO((XML % (1, data)).encode()), Locator("x"))
    assert isinstance(event, Event)
    assert event.fields == {"a": "one\r\ntwo", "b": "", "c": "<x>\ufffd\ufffd\ufffdA", "Binary": "0A"}


def test_values_without_a_name_are_numbered() -> None:
    (event,) = events(BytesIO((XML % (1, "<Data>a</Data><Data/><Data>c</Data>")).encode()), Locator("x"))
    assert isinstance(event, Event)
    assert event.fields == {"param1": "a", "param2": "", "param3": "c"}


def test_user_data_of_winlogbeat_and_velociraptor_is_what_is_inside_of_its_element() -> None:
    beat = one({"winlog": {"event_id": 29, "channel": "C", "user_data": {"xml_name": "EventXML", "A": "1"}}})
    raptor = one({"System": {"EventID": {"Value": 29}}, "EventData": {}, "UserData": {"EventXML": {"A": "1"}}})
    assert (beat.id, beat.fields) == (raptor.id, raptor.fields) == (29, {"A": "1"})


def test_a_name_that_is_its_own_in_sysmon_is_a_field() -> None:
    row = {"EventID": 13, "SourceName": "Microsoft-Windows-Sysmon", "EventType": "SetValue", "TargetObject": "HKLM\\x"}
    assert one(row).get("EventType") == "SetValue"
    assert one({**row, "EventType": "INFO"}).get("EventType") == ""


def test_a_process_creation_that_splunk_has_as_text_is_read_by_its_labels() -> None:
    raw = (
        "03/14/2024 01:39:32 AM\nLogName=Security\nSourceName=Microsoft Windows security auditing.\nEventCode=4688\n"
        "ComputerName=web01\nRecordNumber=9\nMessage=A new process has been created.\n\nCreator Subject:\n"
        "\tSecurity ID:\t\tS-1-5-18\n\tAccount Name:\t\tWEB01$\n\nTarget Subject:\n\tAccount Name:\t\t-\n\n"
        "Process Information:\n\tNew Process Name:\tC:\\Windows\\System32\\inetsrv\\appcmd.exe\n"
        "\tCreator Process Name:\tC:\\a.exe\n\tProcess Command Line:\tappcmd list site\n\nToken Elevation"
    )
    event = one({"result": {"_raw": raw, "_time": "2024-03-14T01:39:32.000+00:00"}})
    assert (event.provider, event.id, event.record) == ("Microsoft-Windows-Security-Auditing", 4688, 9)
    assert event.fields == {
        "SubjectUserSid": "S-1-5-18",
        "SubjectUserName": "WEB01$",
        "NewProcessName": r"C:\Windows\System32\inetsrv\appcmd.exe",
        "ParentProcessName": r"C:\a.exe",
        "CommandLine": "appcmd list site",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1710380372.609, "2024-03-14T01:39:32.609000+00:00"),
        ("1710380372609", "2024-03-14T01:39:32.609000+00:00"),
        (1710380372609000, "2024-03-14T01:39:32.609000+00:00"),
        ("/Date(1710380372609)/", "2024-03-14T01:39:32.609000+00:00"),
        ("2024-03-14 02:39:32.609 +01:00", "2024-03-14T01:39:32.609000+00:00"),
    ],
)
def test_times_are_read_in_every_unit(given: object, expected: str) -> None:
    found = time_of(given)
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize("given", ["", None, "noon", "9" * 19, "-" + "9" * 19, True, {"a": 1}, "99999999999999999999"])
def test_what_is_no_time_is_none(given: object) -> None:
    found = time_of(given)
    assert found is None or found.year > 2200  # nineteen digits are nanoseconds


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"{}",
        b'{"name": "x", "version": "1"}',
        b"[1, 2]",
        b"<configuration/>",
        b"<Event/>",
        b"MZ",
        b"\0" * 99,
        b"id,a",
    ],
)
def test_other_files_are_not_taken_for_exports(head: bytes) -> None:
    assert recognise(head) is None


def test_an_export_whose_first_record_is_damaged_or_long_is_recognised() -> None:
    assert recognise(f"{{]\n{GOOD % 1}".encode()) is Format.JSON
    assert recognise((GOOD % 1).replace("b", "b" * 100_000).encode()[:65536]) is Format.JSON
    start = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>"
    assert recognise((start + "x" * 99_999).encode()[:65536]) is Format.XML
