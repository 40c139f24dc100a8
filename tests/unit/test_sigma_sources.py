"""Log sources are bound to the channel and id that a record itself names, and fields to what it calls them."""

import pytest

from iisight.sigma.match import Matcher
from iisight.sigma.rule import Source
from iisight.sigma.sources import bindings_of, channels_of
from iisight.sigma.tables import table
from tests.builders.sigma import SYSMON, compiled, event

IIS = "Microsoft-IIS-Configuration/Operational"


def _matcher(item: str, logsource: str) -> Matcher:
    return Matcher([compiled(f"selection:\n  {item}\ncondition: selection", logsource=logsource)])


def test_iis_configuration_is_its_own_channel() -> None:
    matcher = _matcher("EventID: 29", "{product: windows, service: iis-configuration}")
    assert matcher.hits(event({}, channel=IIS, number=29))
    assert matcher.hits(event({}, channel=IIS.replace("Operational", "Administrative"), number=29))
    assert matcher.hits(event({}, channel=IIS.upper(), number=29))
    assert not matcher.hits(event({}, channel=IIS, number=50))
    assert not matcher.hits(event({}, channel="System", number=29))


def test_a_process_start_is_found_whoever_logged_it() -> None:
    matcher = _matcher(r"{Image|endswith: '\appcmd.exe', ParentImage|endswith: '\w3wp.exe'}", _PROCESS)
    native = {"NewProcessName": r"C:\x\AppCmd.exe", "ParentProcessName": r"C:\x\w3wp.exe"}
    assert matcher.hits(event({"Image": r"C:\x\AppCmd.exe", "ParentImage": r"C:\x\w3wp.exe"}))
    assert matcher.hits(event(native, channel="Security", number=4688))
    assert not matcher.hits(event(native, channel="Security", number=4689))
    assert not matcher.hits(event(native))


_PROCESS = "{product: windows, category: process_creation}"


def test_the_integrity_level_of_4688_is_a_sid() -> None:
    matcher = _matcher("IntegrityLevel: High", _PROCESS)
    assert matcher.hits(event({"MandatoryLabel": "S-1-16-12288"}, channel="Security", number=4688))
    assert not matcher.hits(event({"MandatoryLabel": "S-1-16-8192"}, channel="Security", number=4688))


def test_a_registry_value_of_4657_is_a_path_as_sysmon_writes_it() -> None:
    matcher = _matcher(r"TargetObject: 'HKLM\SOFTWARE\X\Run'", "{product: windows, category: registry_set}")
    fields = {"ObjectName": r"\REGISTRY\MACHINE\Software\X", "ObjectValueName": "Run", "OperationType": "%%1905"}
    assert matcher.hits(event(fields, channel="Security", number=4657))
    assert not matcher.hits(event(fields | {"OperationType": "%%1906"}, channel="Security", number=4657))
    assert matcher.hits(event({"TargetObject": r"HKLM\SOFTWARE\X\Run"}, number=13))


def test_a_file_of_4663_was_written_only_with_an_access_that_writes() -> None:
    matcher = _matcher(r"TargetFilename|endswith: '\web.config'", "{product: windows, category: file_event}")
    fields = {"ObjectName": r"C:\web.config", "ObjectType": "File", "AccessList": "%%4417\n\t\t\t\t"}
    assert matcher.hits(event(fields, channel="Security", number=4663))
    assert not matcher.hits(event(fields | {"AccessList": "%%4416"}, channel="Security", number=4663))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (Source("linux"), "log source linux is not Windows"),
        (Source("", "webserver"), "log source webserver: access logs of web servers are no event logs"),
    ],
)
def test_what_no_event_log_records_is_told(source: Source, why: str) -> None:
    assert bindings_of(source) == why


def test_a_source_nobody_knows_is_asked_of_every_event() -> None:
    matcher = _matcher("F: x", "{product: windows, service: no-such-service}")
    assert matcher.hits(event({"F": "x"}, channel="Anything", number=7))


def test_a_service_narrows_a_category() -> None:
    narrow = bindings_of(Source("windows", "process_creation", "sysmon"))
    assert narrow == bindings_of(Source("windows", "process_creation"))[:1]
    assert isinstance(narrow, tuple)
    assert [binding.channel for binding in narrow] == [SYSMON]


def test_every_category_has_a_service_and_every_mapping_fields() -> None:
    mappings = {row["mapping"] for row in table("fields")} | {""}
    for row in table("categories"):
        assert channels_of(row["service"]), row
        assert row["mapping"] in mappings, row
    assert {row["mapping"] for row in table("values")} <= mappings
    assert all(row["source"] for name in ("services", "categories", "fields", "values") for row in table(name))
