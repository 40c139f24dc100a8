"""Hives: keys by path, values by type, logs; and the registry they make up."""

import struct

import pytest

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.model.registry import Data, Key, Registry, ValueType
from iisight.parsers.registry import Hive, HiveRegistry, MemoryRegistry, recover
from iisight.workbench.hives import WRITTEN, write, write_log, write_old_log
from tests.builders.registry import KEYS, SYSTEM, W3SVC, registry

SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC"


def key_of(found: Registry, path: str) -> Key:
    key = found.key(path)
    assert key is not None
    return key


@pytest.mark.parametrize("kind", [b"lf", b"lh", b"li", b"ri"])
def test_a_key_has_its_values_by_type(kind: bytes) -> None:
    key = key_of(registry(KEYS, kind), SERVICE)

    assert {v.name: v.data for v in key.values} == KEYS[W3SVC]
    assert key.value("START") is not None
    assert [v.type for v in key.values] == [
        ValueType.EXPAND_SZ,
        ValueType.MULTI_SZ,
        ValueType.DWORD,
        ValueType.BINARY,
        ValueType.SZ,
        ValueType.SZ,
        ValueType.DWORD,
    ]
    assert (key.written, key.subkeys, key.lost) == (WRITTEN, ("Parameters",), 0)


def test_a_path_is_found_in_any_case_and_told_as_the_hive_spells_it() -> None:
    key = key_of(registry(KEYS), r"hklm\system\currentcontrolset\SERVICES\w3svc")

    assert key.path == r"hklm\system\ControlSet001\Services\W3SVC"
    assert key_of(registry(KEYS), "HKLM\\SYSTEM\\übung").path == "HKLM\\SYSTEM\\Übung"


def test_a_value_says_its_place_in_the_file() -> None:
    data = write(KEYS)
    value = key_of(HiveRegistry({r"HKLM\SYSTEM": Hive(data, SYSTEM)}), SERVICE).value("Start")

    assert value is not None
    assert value.locator.offset is not None
    assert data[value.locator.offset + 4 :].startswith(b"vk")


def test_the_control_set_that_is_current_is_taken() -> None:
    two: dict[str, dict[str, Data]] = {
        "Select": {"Current": 2},
        r"ControlSet001\Services\WAS": {"Start": 4},
        r"ControlSet002\Services\WAS": {"Start": 3},
    }

    assert key_of(registry(two), r"HKLM\SYSTEM\CurrentControlSet\Services\WAS").number("Start") == 3


def test_a_hive_that_does_not_say_the_control_set_is_an_error() -> None:
    with pytest.raises(ParseError, match="current control set"):
        registry({"Select": {"Current": "1"}}).key(SERVICE)


def test_a_link_is_followed() -> None:
    assert key_of(registry(KEYS), r"HKLM\SYSTEM\ControlSet001\Link\W3SVC").number("Start") == 2


def test_links_in_a_circle_end() -> None:
    keys: dict[str, dict[str, Data]] = {"A": {"SymbolicLinkValue": r"\REGISTRY\MACHINE\SYSTEM\A"}}

    with pytest.raises(ParseError, match="links"):
        registry(keys).key(r"HKLM\SYSTEM\A\B")


def test_a_link_out_of_the_machine_leads_nowhere() -> None:
    assert registry({"A": {"SymbolicLinkValue": r"\REGISTRY\USER\x"}}).key(r"HKLM\SYSTEM\A") is None


def test_a_key_that_is_not_there_is_none() -> None:
    found = registry(KEYS)

    assert found.key(r"HKLM\SYSTEM\CurrentControlSet\Services\FTPSVC") is None
    assert (found.holds(r"hklm\system"), found.holds(r"HKLM\SOFTWARE")) == (True, False)
    assert found.key(r"HKLM\SOFTWARE\Microsoft") is None


def test_many_subkeys_are_all_found() -> None:
    many: dict[str, dict[str, Data]] = {f"Root\\K{i:05}": {} for i in range(3000)}

    for kind in (b"lh", b"ri"):
        key = key_of(registry(many, kind), r"HKLM\SYSTEM\Root")
        assert (len(key.subkeys), key.lost) == (3000, 0)
        assert registry(many, kind).key(r"HKLM\SYSTEM\root\k02999") is not None


def test_a_subkey_that_cannot_be_read_makes_its_absence_unknown() -> None:
    data = bytearray(write({"Root\\A": {}, "Root\\B": {"x": 1}}))
    at = data.index(b"A\0\0\0", data.index(b"nk")) - 76  # the record of A
    assert data[at : at + 2] == b"nk"
    data[at : at + 2] = b"??"
    found = HiveRegistry({r"HKLM\SYSTEM": Hive(bytes(data), SYSTEM)})

    assert key_of(found, r"HKLM\SYSTEM\Root\B").number("x") == 1
    assert key_of(found, r"HKLM\SYSTEM\Root").lost == 1
    with pytest.raises(ParseError, match="A may be one"):
        found.key(r"HKLM\SYSTEM\Root\A")


def test_a_value_that_cannot_be_read_is_counted() -> None:
    data = bytearray(write({"Root": {"a": "text that is longer", "b": 1}}))
    data[data.index(b"vk")] = 0
    key = key_of(HiveRegistry({r"HKLM\SYSTEM": Hive(bytes(data), SYSTEM)}), r"HKLM\SYSTEM\Root")

    assert ([v.name for v in key.values], key.lost) == (["b"], 1)


@pytest.mark.parametrize(("field", "name"), [(20, "subkeys"), (36, "values")])
def test_a_count_that_is_not_true_is_told(field: int, name: str) -> None:
    data = bytearray(write({"Root\\A": {}, "Root": {"v": 1}}))
    at = data.rindex(b"Root") - 76
    struct.pack_into("<I", data, at + field, 0xFFFFFFF0)
    key = key_of(HiveRegistry({r"HKLM\SYSTEM": Hive(bytes(data), SYSTEM)}), r"HKLM\SYSTEM\Root")

    assert key.lost > 0, name


@pytest.mark.parametrize("data", [b"", b"regf", b"MZ" + bytes(8192), b"regf" + bytes(8192)])
def test_what_is_no_hive_is_an_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        Hive(data, Locator("x"))


def test_a_time_no_calendar_has_is_unknown() -> None:
    data = bytearray(write({"Root": {}}))
    struct.pack_into("<Q", data, data.rindex(b"Root") - 76 + 4, 2**64 - 1)

    assert key_of(HiveRegistry({r"HKLM\SYSTEM": Hive(bytes(data), SYSTEM)}), r"HKLM\SYSTEM\Root").written is None


# Transaction logs

OLD, NEW = write({"Select": {"Current": 1}}, sequences=(8, 7)), write({"Select": {"Current": 2}}, sequences=(8, 7))
PAGES = {i * 4096: NEW[4096 + i * 4096 : 8192 + i * 4096] for i in range(len(NEW) // 4096 - 1)}
UNCHANGED = {i: OLD[4096 + i : 8192 + i] for i in PAGES}


def current(data: bytes) -> int | None:
    key = HiveRegistry({r"HKLM\SYSTEM": Hive(data, SYSTEM)}).key(r"HKLM\SYSTEM\Select")
    return None if key is None else key.number("Current")


def test_a_dirty_hive_is_brought_up_to_date_by_its_log() -> None:
    found = recover(OLD, [write_log(OLD, [(7, PAGES)])])

    assert (found.is_dirty, found.applied, current(found.data)) == (True, 1, 2)


def test_entries_of_two_logs_are_one_sequence() -> None:
    found = recover(OLD, [write_log(OLD, [(8, PAGES)]), write_log(OLD, [(7, UNCHANGED)])])

    assert (found.applied, current(found.data)) == (2, 2)


def test_entries_older_than_the_hive_or_behind_a_gap_are_left() -> None:
    stale = recover(OLD, [write_log(OLD, [(5, PAGES)])])
    gap = recover(OLD, [write_log(OLD, [(7, UNCHANGED)]), write_log(OLD, [(9, PAGES)])])

    assert (stale.is_dirty, stale.applied, current(stale.data)) == (True, 0, 1)
    assert (gap.applied, current(gap.data)) == (1, 1)


def test_an_entry_whose_hash_is_wrong_is_left() -> None:
    log = bytearray(write_log(OLD, [(7, PAGES)]))
    log[-1] ^= 1

    assert recover(OLD, [bytes(log)]).applied == 0


def test_a_log_of_the_old_format_is_applied() -> None:
    sectors = {i: NEW[4096 + i * 512 : 4608 + i * 512] for i in range((len(NEW) - 4096) // 512)}
    found = recover(OLD, [write_old_log(OLD, sectors)])

    assert (found.is_dirty, found.applied, current(found.data)) == (True, len(sectors), 2)


def test_a_clean_hive_is_left_as_it_is() -> None:
    clean = write({"Select": {"Current": 1}})

    assert recover(clean, [write_log(clean, [(1, PAGES)])]) == recover(clean, [])
    assert not recover(clean, []).is_dirty


# The registry in memory


def test_memory_and_hives_answer_alike() -> None:
    keys: dict[str, dict[str, Data]] = {
        r"HKLM\SYSTEM\A": {"x": 1, "t": "%windir%", "m": ("a", "b")},
        r"HKLM\SYSTEM\A\B\C": {},
    }
    memory = MemoryRegistry(keys, WRITTEN)
    hive = registry({path.removeprefix("HKLM\\SYSTEM\\"): values for path, values in keys.items()})

    for path in (r"HKLM\SYSTEM\a", r"HKLM\SYSTEM\A\B", r"HKLM\SYSTEM\A\B\C", r"HKLM\SYSTEM\Z", r"HKLM\SOFTWARE\Z"):
        one, other = memory.key(path), hive.key(path)
        assert (one is None) == (other is None), path
        if one is not None and other is not None:
            assert [(v.name, v.type, v.data) for v in one.values] == [(v.name, v.type, v.data) for v in other.values]
            assert (one.subkeys, one.path.upper()) == (other.subkeys, other.path.upper())
    assert memory.holds(r"hklm\system")
