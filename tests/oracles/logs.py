"""Compare iisight with independent readers of event logs: `python -m tests.oracles.logs [FOLDER]`.

Without a folder the logs that iisight's own writer makes are compared, so that both are checked; else those of the
folder. The readers are libevtx and python-evtx, and evtx by its XML, which is not what iisight asks it for: `python -m
pip install --no-deps -r requirements/oracles.txt`.
Values are compared as what they mean: libevtx pads hexadecimal numbers, evtx writes GUIDs without braces.

Exit status 1: a reader disagrees, or fails where iisight does not.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers import evtx
from iisight.workbench.evtx import write
from tests.builders.logs import odd_records, plain_events, typed_record
from tests.oracles.comparison import Comparison

FAULTS = {  # fields that a reader gets wrong, or writes in a way of its own, whatever the log
    "evtx": (),
    "pyevtx": ("Negative", "Size"),  # libevtx sets the sign bit of an int32 alone, and reads a size_t as 0
    # python-evtx knows no array of numbers, puts milliseconds for microseconds, writes base64 and decimal sizes.
    "Evtx": ("Numbers", "Clock", "Binary0", "Binary", "Size"),
}

Facts = Mapping[str, str]

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?Z?(\+00:00)?")
_STRING = re.compile(r"<string>(.*?)</string>", re.DOTALL)  # an array as python-evtx writes it
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:x0*[0-9A-Fa-f]|x0*1[0-9A-Fa-f]|[0-9]|[12][0-9]|3[01]);")
_HEX = re.compile(r"0x[0-9A-Fa-f]{1,16}")
_FLOAT = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")


def is_there(oracle: str) -> bool:
    """Tell whether a reader can be asked."""
    return find_spec(oracle) is not None


def disagreements(oracle: str, path: Path) -> Iterator[Comparison]:
    """Yield every record of a log that a reader reads otherwise, and the number of records when it differs."""
    ours = {record: _of_event(event) for record, event in _events(path)}
    theirs = dict(_of_xml(text) for text in _READERS[oracle](path))
    if list(ours) != list(theirs):
        yield Comparison(oracle, f"{path.name}: records", str(sorted(ours)), str(sorted(theirs)))
    for record in ours.keys() & theirs.keys():
        mine, other = ours[record], theirs[record]
        for name in sorted((mine.keys() | other.keys()).difference(FAULTS[oracle])):
            if mine.get(name, "") != other.get(name, ""):
                topic = f"{path.name}#{record} {name}"
                yield Comparison(oracle, topic, mine.get(name, ""), other.get(name, ""))


def write_logs(folder: Path, oracle: str) -> list[Path]:
    """Write logs of every type that a reader can read."""
    logs = {
        "types.evtx": write([typed_record(*FAULTS[oracle]), *odd_records()]),
        "chunks.evtx": write([*plain_events(150, 500), *odd_records()]),
        "first.evtx": write([typed_record(*FAULTS[oracle]), *plain_events(70)], first=4711, per_chunk=20),
    }
    for name, data in logs.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in logs]


def main(arguments: Sequence[str]) -> int:
    """Print each disagreement, then how many there are."""
    count = 0
    for oracle in _READERS:
        if not is_there(oracle):
            print(f"{oracle} is not there: nothing is compared with it")
            continue
        with TemporaryDirectory() as folder:
            given = sorted(Path(arguments[0]).rglob("*.evtx")) if arguments else write_logs(Path(folder), oracle)
            for path in given:
                for comparison in disagreements(oracle, path):
                    count += 1
                    print(f"{oracle} {comparison.topic}", *comparison.lines(), sep="\n")
    print(f"{count} disagreements")
    return int(count > 0)


def _events(path: Path) -> Iterator[tuple[int, Event]]:
    with path.open("rb") as file:
        for chunk in evtx.chunks(file, Locator(path.name)):
            for found in evtx.events(chunk, Locator(path.name)):
                if isinstance(found, Event) and found.record is not None:
                    yield found.record, found


def _of_event(event: Event) -> Facts:
    time = "" if event.time is None else event.time.isoformat()
    system = {
        "/Provider": event.provider,
        "/Channel": event.channel,
        "/Computer": event.computer,
        "/EventID": str(event.id),
        "/Time": time,
        "/User": event.user,
        "/Process": "" if event.process is None else str(event.process),
    }
    return {name: _meant(text) for name, text in {**system, **event.fields}.items()}


def _of_xml(text: str) -> tuple[int, Facts]:
    root = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", _CONTROL.sub("", text)))
    found: defaultdict[str, list[str]] = defaultdict(list)
    system = root.find("System")
    if system is None:
        raise ValueError("a record without System")
    for name, element, attribute in _SYSTEM:
        node = system.find(element)
        value = "" if node is None else node.get(attribute) if attribute else node.text
        found[name].append(value or "")
    data = root.find("EventData")
    user_data = root.find("UserData")
    if data is not None:
        _add_data(data, found)
    elif user_data is not None and len(user_data):
        _add_leaves(user_data[0], "", found)
    facts = {name: "\n".join(_meant(value) for value in values) for name, values in found.items()}
    return int(system.findtext("EventRecordID") or "0"), facts


def _add_data(data: ElementTree.Element, found: defaultdict[str, list[str]]) -> None:
    unnamed = 0
    for node in data:
        name = node.get("Name") or (node.tag if node.tag != "Data" else "")
        for text in _STRING.findall(_text(node)) or [_text(node)]:
            unnamed += not name
            found[name or f"param{unnamed}"].append(text)


def _add_leaves(node: ElementTree.Element, prefix: str, found: defaultdict[str, list[str]]) -> None:
    for child in node:
        if len(child):
            _add_leaves(child, f"{prefix}{child.tag}.", found)
        else:
            found[prefix + child.tag].append(_text(child))


def _text(node: ElementTree.Element) -> str:
    text = node.text or ""
    return text if text.strip() else ""  # the readers indent what is empty


def _meant(text: str) -> str:
    """Return a value in one of the ways that readers write it."""
    lines = _CONTROL.sub("", text).replace("\r", "\n").replace("\n\n", "\n").split("\n")
    return "\n".join(map(_line_meant, lines)).strip()  # the readers indent what is empty


def _line_meant(text: str) -> str:
    if guid := _GUID.fullmatch(text):
        return str(guid[1]).upper()
    time = _TIME.fullmatch(text)
    if time is not None:  # python-evtx rounds microseconds
        return f"{time[1]} {time[2]}.{(time[3] or '').ljust(3, '0')}"
    if _HEX.fullmatch(text):
        return hex(int(text, 16))
    return repr(float(text)) if _FLOAT.fullmatch(text) else text.lower() if text in ("True", "False") else text


def _by_evtx(path: Path) -> Iterator[str]:
    from evtx import PyEvtxParser

    yield from (str(record["data"]) for record in PyEvtxParser(str(path)).records() if record is not None)


def _by_libevtx(path: Path) -> Iterator[str]:
    import pyevtx

    log = pyevtx.open(str(path))
    for number in range(log.number_of_records):
        yield log.get_record(number).get_xml_string()


def _by_python_evtx(path: Path) -> Iterator[str]:
    from Evtx.Evtx import Evtx

    with Evtx(str(path)) as log:
        yield from (record.xml() for record in log.records())


_SYSTEM = (
    ("/Provider", "Provider", "Name"),
    ("/Channel", "Channel", ""),
    ("/Computer", "Computer", ""),
    ("/EventID", "EventID", ""),
    ("/Time", "TimeCreated", "SystemTime"),
    ("/User", "Security", "UserID"),
    ("/Process", "Execution", "ProcessID"),
)
_READERS: Mapping[str, Callable[[Path], Iterator[str]]] = {
    "evtx": _by_evtx,
    "pyevtx": _by_libevtx,
    "Evtx": _by_python_evtx,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
