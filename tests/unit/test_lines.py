"""Lines of JSON and XML tell the same with the prefilter and without, however they spell a record."""

import json
import re
from collections.abc import Callable
from html import escape

import pytest

from iisight.engine.ear import Ear
from iisight.engine.registry import all_rules
from iisight.engine.settings import Settings
from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.model.need import all_of, any_of, literal
from iisight.parsers.exports import event_of_line
from iisight.telemetry.interpret import activity_of
from iisight.telemetry.lines import LineFilter
from iisight.telemetry.seek import process_of
from iisight.watch.spool import encoded
from tests.builders import gathered as logs

COMMANDS = (
    "install module /name:A /image:C:\\ProgramData\\a.dll",
    "set config /section:httpLogging /dontLog:true & whoami > \"C:\\Temp\\x y\" < 'é'",
    "unlock config -section:system.webServer/modules",
    "list apppool /text:*",
)
EVENTS = (
    *map(logs.appcmd, COMMANDS),
    logs.started(
        r"C:\Windows\System32\cmd.exe", r"cmd.exe /c a^p^pc^m^d unlock config -section:system.webServer/modules"
    ),
)


def net(event: Event) -> bytes:
    """Return a line as .NET's encoder writes it: what HTML knows, and all that is not ASCII, escaped."""
    text = encoded(event).decode()
    return re.sub(r"[&<>'`+]", lambda found: f"\\u{ord(found[0]):04X}", text).encode()


def slashed(event: Event) -> bytes:
    """Return a line whose slashes are escaped."""
    return encoded(event).replace(b"/", b"\\/")


def nested(event: Event) -> bytes:
    """Return a line that holds the record as JSON within JSON."""
    return json.dumps({"result": {"_raw": encoded(event).decode()}}).encode()


def xml(event: Event) -> bytes:
    """Return a record as XML in one line."""
    data = "".join(f"<Data Name='{name}'>{escape(text)}</Data>" for name, text in event.fields.items())
    head = f"<Provider Name='{event.provider}'/><EventID>{event.id}</EventID><Channel>{event.channel}</Channel>"
    return f"<Event><System>{head}</System><EventData>{data}</EventData></Event>".encode()


def xml_in_json(event: Event) -> bytes:
    """Return a record as Splunk indexes it."""
    return json.dumps({"result": {"_raw": xml(event).decode()}}).encode()


def classic(event: Event) -> bytes:
    """Return a start of a process as Splunk indexes the text of Event Viewer."""
    message = f"Process:\nNew Process Name:\t{event.get('Image')}\nProcess Command Line:\t{event.get('CommandLine')}"
    head = "SourceName=Microsoft Windows security auditing.\nEventCode=4688\nComputerName=WEB01\nLogName=Security"
    return json.dumps({"result": {"_raw": f"03/01/2026\n{head}\nMessage={message}"}}).encode()


@pytest.fixture(scope="module")
def ear() -> Ear:
    """Return an ear with iisight's own rules."""
    return Ear(all_rules(), Settings())


@pytest.mark.parametrize("spelled", [encoded, net, slashed, nested, xml, xml_in_json, classic])
@pytest.mark.parametrize("told", EVENTS)
def test_what_tells_something_is_chosen(ear: Ear, spelled: Callable[[Event], bytes], told: Event) -> None:
    line = spelled(told)
    event = event_of_line(line, Locator("x"))
    assert isinstance(event, Event)
    assert activity_of(event) is not None
    assert ear.choose([b"{}"] * 40 + [line] + [b"{}"] * 40) == [False] * 40 + [True] + [False] * 40


@pytest.mark.parametrize("spelled", [encoded, net, slashed, xml])
def test_what_says_who_is_chosen_and_what_says_nothing_is_not(ear: Ear, spelled: Callable[[Event], bytes]) -> None:
    start = logs.event(logs.SYSMON, 1, ParentProcessGuid="x", Image="C:\\x.exe")
    quiet = logs.event(logs.SYSMON, 3, Image="C:\\x.exe", DestinationIp="203.0.113.1")
    assert process_of(start) is not None
    assert ear.choose([spelled(start), spelled(quiet)]) == [True, False]


def test_a_path_with_what_looks_like_an_escape_is_what_it_is() -> None:
    chosen = LineFilter([literal("u0041x")]).choose([rb'{"a":"C:\\u0041x"}', rb'{"a":"\u0041x"}', b"{}"])
    assert chosen == [True, False, False]


def test_texts_around_a_backslash_are_sought_on_their_own() -> None:
    lines = [rb'{"domain":"CONTOSO","name":"eve"}', rb'{"user":"CONTOSO\\eve"}', rb'{"name":"eve"}']
    assert LineFilter([literal("CONTOSO\\eve")]).choose(lines) == [True, True, False]


def test_parts_that_must_come_together_must_be_in_one_line() -> None:
    lines = [b'{"a":"sysmonx"}', b'{"a":"w3wp"}', b'{"a":"Sysmonx","b":"W3WP"}']
    assert LineFilter([all_of("sysmonx", "w3wp")]).choose(lines) == [False, False, True]


def test_a_need_of_nothing_but_backslashes_wants_every_line() -> None:
    assert LineFilter([any_of("\\\\\\", "abcd")]).choose([b"{}"]) == [True]


def test_rare_spellings_are_read_to_know() -> None:
    lines = [b"<Event>&#97;</Event>", b"<Event><![CDATA[x]]></Event>", rb'{"a":"{\"b\":\"\\u0061\"}"}', b"{}"]
    assert LineFilter([literal("abcd")]).choose(lines) == [True, True, True, False]


def test_lines_with_line_ends_in_them_keep_their_answers_apart() -> None:
    assert LineFilter([literal("abcd")]).choose([b"<a\n>", b"abcd", b"<b>"]) == [False, True, False]
