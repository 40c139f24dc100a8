"""Fuzz target of exported event logs; any coverage-guided runner can call `fuzz_one`."""

import json
from io import BytesIO

from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers.exports import HEAD, events, recognise

_SYSTEM = {"EventID": {"Value": 1}, "TimeCreated": {"SystemTime": 1.5}, "Channel": "c", "Execution": {"ProcessID": 4}}
_XML = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='p'/>"
    "<EventID>1</EventID><TimeCreated SystemTime='2024-03-14T01:39:32.6Z'/></System><EventData>"
    "<Data Name='a'>b&amp;c</Data><Data>d\r\n</Data>"
    "</EventData><RenderingInfo Culture='en-US'><Message>m</Message></RenderingInfo></Event>"
)
_CLASSIC = (
    "03/14/2024\nLogName=Security\nEventCode=4688\nComputerName=c\nMessage=A:\n\tNew Process Name:\tx\nCommand: y"
)
_VALUES = (
    {
        "Event": {
            "#attributes": {"a": "b"},
            "System": {"EventID": {"#text": 1}},
            "EventData": {"Data": {"#text": ["a"]}},
        }
    },
    {"System": _SYSTEM, "EventData": {}, "UserData": {"EventXML": {"a": {"b": None}}}},
    {
        "@timestamp": "2024-03-14T01:39:32Z",
        "winlog": {"event_id": "1", "event_data": {"a": "é"}, "user": {"identifier": "S"}},
    },
    {"winlog.event_id": 1, "winlog.event_data.a.b": "c", "event_data": {"a": 1}, "log_name": "l"},
    {
        "EventID": 4104,
        "SourceName": "Microsoft-Windows-Sysmon",
        "EventTime": 1e18,
        "EventType": "INFO",
        "Message": "a: b",
    },
    {"result": {"_raw": _XML, "_time": "1.5"}},
    {"result": {"_raw": _CLASSIC, "host": "h", "source": "WinEventLog:Security"}},
    {"EventID": 1, "Computer": "c", "EventData": f"<DataItem>{_XML}</DataItem>"},
)


def fuzz_one(data: bytes) -> None:
    """Read the bytes as an export: nothing may escape, and every event must be one."""
    recognise(data[:HEAD])
    for found in events(BytesIO(data), Locator("fuzz")):
        assert (found.locator.line or 0) >= 1, found
        if isinstance(found, Event):
            assert all(isinstance(name, str) and isinstance(value, str) for name, value in found.fields.items()), found


def seeds() -> list[bytes]:
    """Return small exports of every shape and framing."""
    lines = "\n".join(map(json.dumps, _VALUES))
    printed = "".join(f"Record {at}\n{json.dumps(value, indent=1)}\n" for at, value in enumerate(_VALUES))
    answer = '{"preview":false,"results":' + json.dumps(_VALUES) + "}"
    texts = [lines, printed, answer, f"<?xml version='1.0'?><Events>{_XML}\n{_XML}</Events>", ""]
    return [*(text.encode() for text in texts), *(text.encode("utf-16") for text in texts)]


def tokens() -> list[bytes]:
    """Return what breaks JSON and XML, and names that mean something."""
    texts = (
        "{", "}", "[", "]", ",", ":", '"', "\\", "\\u00", "\\ud800", "null", "1e999", "-0", "9" * 30, "\n", "\r", "\0",
        "<", ">", "</Event>", "<Event>", "<Event ", "&#3;", "&a;", "<![CDATA[", "]]>", "<!--", "<Data Name='a'>",
        '"EventID":1,', '"System":{', '"EventData":', '"winlog":{', '"_raw":"', '"result":{', '"event_data":', "é",
        "Record 1", "</Data>", "\ufeff",
    )  # fmt: skip
    return [text.encode() for text in texts]
