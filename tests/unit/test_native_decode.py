"""What native modules and ISAPI filters ask for is told from their code: of every stub, compiled and built by hand."""

import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from iisight.examine.native import Answer, examine_native
from iisight.examine.native.ask import event_names
from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.workbench.pe import PeSpec, build

STUBS = Path(__file__).parents[1] / "stubs" / "native" / "built"
EXPECTED: dict[str, dict[str, Any]] = json.loads((STUBS / "expected.json").read_text())
Asked = set[tuple[str, bool, str]]


def examine(data: bytes) -> Answer:
    return examine_native(data, pe.parse(data, Locator("module.dll")))


@cache
def examine_stub(name: str) -> Answer:
    return examine((STUBS / f"{name}.dll").read_bytes())


def asked(answer: Answer) -> Asked:
    return {(one.event, one.post, one.priority) for one in answer[0]}


def wanted(expected: dict[str, Any]) -> Asked:
    if expected["kind"] == "filter":
        return {(name, False, expected["order"]) for name in event_names("filter", expected["flags"])}
    found: Asked = set()
    for key, api, post in (("request", "request", False), ("post", "request", True), ("global", "global", False)):
        given = expected["priorities"].get(api, {}).items()
        priorities = {name: priority for priority, mask in given for name in event_names(api, mask)}
        found |= {(name, post, priorities.get(name, "")) for name in event_names(api, expected[key])}
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_a_stub_asks_for_what_its_source_says(name: str) -> None:
    assert asked(examine_stub(name)) == wanted(EXPECTED[name])


@pytest.mark.parametrize("name", EXPECTED)
def test_a_stub_is_undecided_only_where_its_source_is(name: str) -> None:
    assert bool(examine_stub(name)[1]) == EXPECTED[name]["undecided"]


@pytest.mark.parametrize("machine", ["x86", "x64"])
def test_a_page_built_module_asks_for_what_it_was_told(machine: str) -> None:
    notifications = ("RQ_BEGIN_REQUEST", "post RQ_LOG_REQUEST", "RQ_MAP_PATH", "GL_PRE_BEGIN_REQUEST")
    spec = PeSpec(machine=machine, exports=("RegisterModule",), notifications=notifications, priority="FIRST")

    assert asked(examine(build(spec))) == {
        ("RQ_BEGIN_REQUEST", False, "FIRST"),
        ("RQ_LOG_REQUEST", True, "FIRST"),
        ("RQ_MAP_PATH", False, "FIRST"),
        ("GL_PRE_BEGIN_REQUEST", False, "FIRST"),
    }


@pytest.mark.parametrize("machine", ["x86", "x64"])
def test_a_page_built_filter_asks_for_what_it_was_told(machine: str) -> None:
    exports = ("GetFilterVersion", "HttpFilterProc")
    spec = PeSpec(machine=machine, exports=exports, notifications=("SF_NOTIFY_LOG",), priority="HIGH")

    assert asked(examine(build(spec))) == {("SF_NOTIFY_LOG", False, "HIGH")}


def test_the_place_of_a_request_is_that_of_the_call() -> None:
    data = build(PeSpec(exports=("RegisterModule",), notifications=("RQ_LOG_REQUEST",)))

    (subscription,) = examine(data)[0]

    assert subscription.place == "RVA 0x102c"


def test_a_module_that_asks_for_nothing_is_decided() -> None:
    assert examine(build(PeSpec(exports=("RegisterModule",)))) == ((), (), ())


def test_a_file_without_the_exports_is_not_followed() -> None:
    assert examine(build(PeSpec(exports=("DllRegisterServer",)))) == ((), (), ())


def test_a_forwarded_function_is_undecided() -> None:
    answer = examine(build(PeSpec(exports=("RegisterModule=other.RegisterModule",))))

    assert answer[1] == ("RegisterModule: forwarded to other.RegisterModule",)


def test_arm64_code_is_undecided() -> None:
    answer = examine(build(PeSpec(machine="arm64", exports=("RegisterModule",))))

    assert answer[1] == ("RegisterModule: arm64 code is not decoded",)


def test_a_decorated_export_is_followed() -> None:
    spec = PeSpec(machine="x86", exports=("_RegisterModule@12",), notifications=("RQ_END_REQUEST",))

    assert asked(examine(build(spec))) == {("RQ_END_REQUEST", False, "")}


def test_code_that_is_not_in_the_file_is_undecided() -> None:
    data = bytearray(build(PeSpec(exports=("RegisterModule",))))
    text = data.index(b".text\0")
    struct.pack_into("<II", data, text + 16, 0, 0)  # SizeOfRawData, PointerToRawData

    assert examine(bytes(data))[1] == ("RegisterModule: its code at RVA 0x1000 is not in the file",)


def test_code_that_may_be_written_to_is_said_to_be() -> None:
    data = bytearray(build(PeSpec(exports=("RegisterModule",), notifications=("RQ_LOG_REQUEST",))))
    data[data.index(b".text\0") + 39] |= 0x80  # IMAGE_SCN_MEM_WRITE

    assert examine(bytes(data))[1] == ("RegisterModule: its code is writable, and may be another when it is run",)


def test_a_bit_without_a_name_is_told_by_its_value() -> None:
    assert event_names("request", 0x1000) == ("RQ_0x00001000",)
