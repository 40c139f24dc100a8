"""What the inventory makes of a registry: services, variables, hooks, COM classes, switches; what it says of none."""

from collections.abc import Mapping

import pytest

from iisight.evidence.memory import memory_source
from iisight.inventory.collect import collect
from iisight.inventory.inventory import Inventory
from iisight.inventory.machine import Machine
from iisight.inventory.mechanisms.services import split_command
from iisight.model.component import Component, ImageState, Kind
from iisight.model.coverage import GapKind
from iisight.model.registry import Data
from iisight.parsers.registry import MemoryRegistry
from iisight.workbench import stock
from iisight.workbench.hives import write, write_log
from iisight.workbench.pe import PeSpec, build
from tests.builders.servers import APPHOST, apphost

SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
CLASSES = r"HKLM\SOFTWARE\Classes"
CLASS = "{11111111-2222-3333-4444-555555555555}"
HIVES = (r"HKLM\SYSTEM", r"HKLM\SOFTWARE")
SYSTEM = r"C:\Windows\System32\config\SYSTEM"
DLL = build(PeSpec(exports=("DllGetClassObject",)))


def taken(keys: Mapping[str, Mapping[str, Data]], files: Mapping[str, bytes] | None = None) -> Inventory:
    """Return the inventory of a small server with a registry in memory."""
    source = memory_source({APPHOST: apphost(), **(files or {})})
    return collect(source, machine=Machine(MemoryRegistry(keys, hives=HIVES)))


def one(inventory: Inventory, kind: Kind) -> Component:
    (found,) = inventory.of(kind)
    return found


@pytest.mark.parametrize(
    "value", [r"\SystemRoot\x\h.exe -k a", r'"C:\Windows\x\h.exe"  -k a', r"\??\C:\Windows\x\h.exe -k a"]
)
def test_the_program_of_a_service_is_found_however_it_is_written(value: str) -> None:
    service = one(taken({rf"{SERVICES}\W3SVC": {"ImagePath": value}}), Kind.SERVICE)

    assert ((service.image or "").lower(), service.arguments) == (r"c:\windows\x\h.exe", "-k a")


def test_a_disabled_service_is_not_in_force() -> None:
    service = one(taken({rf"{SERVICES}\FTPSVC": {"ImagePath": r"C:\a.exe", "Start": 4}}), Kind.SERVICE)

    assert not service.effective


def test_a_key_without_a_program_is_no_service() -> None:
    assert list(taken({rf"{SERVICES}\W3SVC": {}, rf"{SERVICES}\W3SVC\Parameters": {}}).of(Kind.SERVICE)) == []


@pytest.mark.parametrize("text", ["", " ", '"', "\0", "a" * 5000])
def test_a_command_line_of_any_kind_is_split(text: str) -> None:
    assert len("".join(split_command(text))) <= len(text)


def test_a_variable_of_a_service_and_of_a_pool_is_one_component() -> None:
    pool = '<environmentVariables><add name="COR_PROFILER" value="{0}" /></environmentVariables>'.replace("{0}", CLASS)
    host = apphost(pools=f'<add name="P64">{pool}</add>')
    keys = {rf"{SERVICES}\WAS": {"Environment": (f"COR_PROFILER={CLASS}", "A=b", "=", "x")}}
    inventory = collect(memory_source({APPHOST: host}), machine=Machine(MemoryRegistry(keys, hives=HIVES)))

    assert {r.section.rpartition("\\")[2] for r in one(inventory, Kind.ENVIRONMENT).registrations} == {
        "WAS",
        "system.applicationHost/applicationPools",
    }


def test_a_class_is_followed_to_its_dll_and_the_32_bit_one() -> None:
    keys: dict[str, dict[str, Data]] = {
        rf"{SERVICES}\W3SVC": {"Environment": (f"COR_PROFILER={CLASS}",)},
        rf"{CLASSES}\CLSID\{CLASS}\InprocServer32": {"": r"%ProgramFiles%\A\a64.dll"},
        rf"{CLASSES}\Wow6432Node\CLSID\{CLASS}\InprocServer32": {"": r"C:\A\a32.dll"},
    }
    found = one(taken(keys, {r"C:\Program Files\A\a64.dll": DLL, r"C:\A\a32.dll": DLL}), Kind.ENVIRONMENT)

    assert (found.image, found.image_state) == (r"C:\Program Files\A\a64.dll", ImageState.READ)
    assert found.twin is not None
    assert found.twin.path == r"C:\A\a32.dll"


def test_a_managed_class_is_the_assembly_its_code_base_names() -> None:
    keys: dict[str, dict[str, Data]] = {
        rf"{SERVICES}\W3SVC": {"Environment": ("COR_PROFILER=A.Profiler",)},
        rf"{CLASSES}\A.Profiler\CurVer": {"": "A.Profiler.2"},
        rf"{CLASSES}\A.Profiler.2\CLSID": {"": CLASS},
        rf"{CLASSES}\CLSID\{CLASS}\InprocServer32": {"": "mscoree.dll", "CodeBase": "file:///C:/x/a.dll"},
    }

    assert one(taken(keys), Kind.ENVIRONMENT).image == r"C:\x\a.dll"


def test_classes_that_stand_in_for_each_other_end() -> None:
    keys: dict[str, dict[str, Data]] = {
        rf"{SERVICES}\W3SVC": {"Environment": (f"COR_PROFILER={CLASS}",)},
        rf"{CLASSES}\CLSID\{CLASS}\TreatAs": {"": CLASS.replace("1", "2")},
        rf"{CLASSES}\CLSID\{CLASS.replace('1', '2')}\TreatAs": {"": CLASS},
    }

    assert one(taken(keys), Kind.ENVIRONMENT).image is None


def test_filters_of_iis_6_are_told_and_not_in_force() -> None:
    found = one(taken({rf"{SERVICES}\W3SVC\Parameters": {"Filter DLLs": r"C:\f.dll, "}}), Kind.ISAPI_FILTER)

    assert (found.image, found.mechanism, found.effective) == (r"C:\f.dll", "L-28", False)


def test_switches_are_facts_with_the_time_of_their_key() -> None:
    channel = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WINEVT\Channels\Microsoft-IIS-Configuration/Operational"
    logging = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging"
    facts = taken(
        {channel: {"Enabled": 0}, logging: {}, r"HKLM\SOFTWARE\Microsoft\InetStp": {"MajorVersion": 8}}
    ).registry

    assert facts is not None
    found = facts.channel("microsoft-iis-configuration/operational")
    assert found is not None
    assert (found.is_on, [(p.name, p.is_on) for p in facts.policies]) == (False, [("script block logging", None)])
    assert (facts.setup and facts.setup.version, facts.channel("Other")) == ("8.0", None)


# Evidence


def test_a_hive_that_is_not_there_is_told() -> None:
    files = {k: v for k, v in stock.stock_files().items() if not k.endswith("SYSTEM")}
    gaps = collect(memory_source(files)).gaps

    assert [(g.kind, g.subject) for g in gaps] == [(GapKind.MISSING, SYSTEM)]


def test_a_hive_that_is_damaged_is_told_and_the_rest_read() -> None:
    inventory = collect(memory_source({**stock.stock_files(), SYSTEM: b"regf" + bytes(9000)}))

    assert {(g.kind, g.subject) for g in inventory.gaps} == {(GapKind.MALFORMED, SYSTEM), (GapKind.MISSING, SYSTEM)}
    assert inventory.registry is not None
    assert inventory.registry.setup is not None


def test_changes_that_stand_in_a_log_alone_are_read() -> None:
    keys: dict[str, dict[str, Data]] = {
        "Select": {"Current": 1},
        r"ControlSet001\Services\WAS": {"ImagePath": "C:\\a.exe"},
    }
    old = write(keys, sequences=(3, 2))
    new = write({**keys, r"ControlSet001\Services\WAS": {"ImagePath": "C:\\b.exe"}}, sequences=(3, 2))
    files: dict[str, bytes | str] = {APPHOST: apphost(), SYSTEM: old}
    with_log = {**files, f"{SYSTEM}.LOG1": write_log(old, [(2, {0: new[4096:]})])}

    assert one(collect(memory_source(with_log)), Kind.SERVICE).image == "C:\\b.exe"
    without = collect(memory_source(files))
    assert one(without, Kind.SERVICE).image == "C:\\a.exe"
    assert any(g.subject == SYSTEM and "transaction log" in g.reason for g in without.gaps)


def test_hives_alone_are_read() -> None:
    files = {SYSTEM: write({"Select": {"Current": 1}, r"ControlSet001\Services\WAS": {"ImagePath": "C:\\a.exe"}})}

    assert one(collect(memory_source(files)), Kind.SERVICE).image == "C:\\a.exe"
