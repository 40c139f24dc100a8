"""The registry of this Windows, asked like the hives of a copy."""

from collections.abc import Iterator
from datetime import UTC

import pytest

from iisight.evidence.memory import memory_source
from iisight.inventory.collect import collect
from iisight.inventory.com import ComClasses
from iisight.inventory.machine import Machine
from iisight.inventory.registry import Asked
from iisight.inventory.registry_facts import facts_of
from iisight.model.component import Kind
from iisight.parsers.registry import LiveRegistry
from iisight.workbench import stock, stock_registry
from tests.windows.keys import written

SERVICES = r"SYSTEM\CurrentControlSet\Services"


@pytest.fixture(scope="module", autouse=True)
def _stock() -> Iterator[None]:
    keys = {p.replace("ControlSet001", "CurrentControlSet"): v for p, v in stock_registry.stock_keys().items()}
    keys[rf"{SERVICES}\W3SVC"]["Environment"] = ("COR_PROFILER={11111111-2222-3333-4444-555555555555}", "X=1")
    keys[r"SOFTWARE\Classes\CLSID\{11111111-2222-3333-4444-555555555555}\InprocServer32"] = {"": r"C:\Acme\prof.dll"}
    keys[r"SOFTWARE\Classes\Acme.Plugin\CLSID"] = {"": "{11111111-2222-3333-4444-555555555555}"}
    keys[r"SOFTWARE\iisight-test"] = {"": "default", "text": "a%b%", "many": ("one", "two"), "raw": b"\0\1", "n": 7}
    keys.pop(r"SYSTEM\Select")
    with written(keys):
        yield


def test_values_of_every_type_are_told_as_from_a_hive() -> None:
    key = LiveRegistry().key(r"HKLM\Software\IISIGHT-test")
    assert key is not None
    assert {v.name: v.data for v in key.values} == {
        "": "default",
        "text": "a%b%",
        "many": ("one", "two"),
        "raw": b"\0\1",
        "n": 7,
    }
    assert (key.text("TEXT"), key.number("n"), key.strings("many")) == ("a%b%", 7, ("one", "two"))
    assert key.written is not None
    assert key.written.tzinfo is UTC


def test_both_hives_are_held_and_no_other() -> None:
    registry = LiveRegistry()
    assert [registry.holds(h) for h in (r"HKLM\SYSTEM", r"HKLM\SOFTWARE", r"HKLM\NONE", r"HKCU\Software")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_key_that_is_not_there_is_none() -> None:
    assert LiveRegistry().key(r"HKLM\SOFTWARE\iisight-test\none") is None


def test_facts_of_the_server_are_read() -> None:
    gaps: list[object] = []
    facts = facts_of(Asked(LiveRegistry(), gaps))  # type: ignore[arg-type]  # nothing is to be told
    assert facts.setup is not None
    assert (facts.setup.version, facts.setup.parts) == ("10.0", ("ISAPIFilter", "StaticContent", "W3SVC"))
    channel = facts.channel("Microsoft-IIS-Configuration/Operational")
    assert channel is not None
    assert channel.is_on
    assert "http://+:5985/wsman/" in {r.url for r in facts.reservations}
    assert gaps == []


def test_components_of_the_registry_are_found() -> None:
    files = {path: data for path, data in stock.stock_files().items() if "\\config\\S" not in path}
    inventory = collect(memory_source(files), machine=Machine(LiveRegistry()))
    services = {c.name for c in inventory.of(Kind.SERVICE)}
    assert {"W3SVC", "WAS", "AppHostSvc"} <= services
    (profiler,) = (c for c in inventory.of(Kind.ENVIRONMENT) if c.name.startswith("COR_PROFILER"))
    assert profiler.image == "C:\\Acme\\prof.dll"


def test_com_classes_are_found_by_their_names() -> None:
    (server,) = ComClasses(Asked(LiveRegistry(), [])).find("Acme.Plugin")
    assert server.image == "C:\\Acme\\prof.dll"


def test_the_current_control_set_is_named_as_it_is() -> None:
    with written({r"SYSTEM\Select": {"Current": 1}, r"SYSTEM\ControlSet001\Services\Probe": {"x": 1}}):
        key = LiveRegistry().key(r"HKLM\SYSTEM\CurrentControlSet\Services\Probe")
    assert key is not None
    assert key.path == r"HKLM\SYSTEM\ControlSet001\Services\Probe"
