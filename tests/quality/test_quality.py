"""The quality gate: what is found on the labelled hosts may not fall, and nothing benign is called bad."""

import pytest

from iisight.engine.scan import scan
from iisight.evidence.memory import memory_source
from iisight.workbench.stock import stock_files
from tests.quality.floor import read_floor
from tests.quality.hosts import hosts, mechanisms
from tests.quality.measure import measure, table


@pytest.mark.parametrize("mechanism", mechanisms())
def test_no_mechanism_falls_below_its_floor_and_no_benign_host_alarms(mechanism: str) -> None:
    result = measure(mechanism)

    print(f"\n{table([result])}")
    assert result.alarms == []
    assert result.found >= read_floor()[mechanism]


@pytest.mark.parametrize("mechanism", mechanisms())
def test_every_mechanism_has_three_malicious_hosts_and_a_benign_one(mechanism: str) -> None:
    malicious = [bool(host.targets) for host in hosts(mechanism)]

    assert malicious.count(True) >= 3
    assert malicious.count(False) >= 1


def test_every_mechanism_has_a_floor() -> None:
    assert sorted(read_floor()) == mechanisms()


def test_the_stock_server_that_the_hosts_differ_from_has_no_finding() -> None:
    assert scan(memory_source(stock_files())).findings == ()
