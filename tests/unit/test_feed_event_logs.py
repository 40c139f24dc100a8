"""The event logs of a computer: every record once, what is lost is told."""

import json
from collections.abc import Iterable

import pytest

from iisight.model.coverage import Gap, GapKind
from iisight.telemetry.interpret import sources
from iisight.watch.feeds.channels import wanted_channels
from iisight.watch.feeds.event_logs import ACCESS_DENIED, INVALID_BOUND, LOOK, RETRY, STALE, EventLogs
from iisight.watch.feeds.feed import Choose, every_line
from tests.builders.feeds import Clock, Logs, drained, numbers

COMMON = (
    "Application", "Security", "System", "Windows PowerShell", "Microsoft-Windows-Sysmon/Operational",
    "Microsoft-IIS-Configuration/Operational", "Microsoft-IIS-Configuration/Analytic", "Setup",
    "Microsoft-Windows-AppLocker/EXE and DLL", "Microsoft-Windows-CodeIntegrity/Operational",
    "Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-Windows Defender/Operational",
)  # fmt: skip
EMPTIED = "the log was emptied, or overwritten to behind where reading stopped: read from its oldest record"


class Computer:
    """A computer with one clock."""

    def __init__(self) -> None:
        self.logs, self.clock = Logs(), Clock()

    def feed(
        self,
        position: str = "",
        *,
        named: Iterable[str] = ("S",),
        from_start: bool = False,
        choose: Choose = every_line,
    ) -> EventLogs:
        """Return its logs as a feed."""
        feed = EventLogs("wineventlog:", self.logs, choose, named=named, from_start=from_start, clock=self.clock)
        feed.resume(position)
        return feed


@pytest.fixture
def computer() -> Computer:
    """Return a computer with a log of three records."""
    made = Computer()
    made.logs.write("S", 1, 2, 3)
    return made


def test_what_comes_after_the_start_is_read(computer: Computer) -> None:
    feed = computer.feed()
    assert drained(feed) == []
    computer.logs.write("S", 4, 5, data="x &amp; y")
    found = drained(feed)
    assert numbers(found) == [4, 5]
    assert (found[0].get("a"), str(found[0].locator)) == ("x & y", "S#4")
    assert feed.gaps() == ()


def test_all_that_is_there_is_read_when_asked(computer: Computer) -> None:
    assert numbers(drained(computer.feed(from_start=True))) == [1, 2, 3]


@pytest.mark.parametrize("is_read", [True, False])
def test_a_restart_loses_nothing_even_when_nothing_had_come_before(computer: Computer, is_read: bool) -> None:
    feed = computer.feed()
    drained(feed)
    if is_read:
        computer.logs.write("S", 4)
        assert numbers(drained(feed)) == [4]
    position = feed.position()
    feed.close()
    computer.logs.write("S", 5)
    assert numbers(drained(computer.feed(position))) == [5]


def test_an_empty_channel_is_read_from_its_first_record_over_a_restart() -> None:
    computer = Computer()
    computer.logs.held["S"] = []
    feed = computer.feed()
    drained(feed)
    computer.logs.write("S", 1)
    assert numbers(drained(computer.feed(feed.position()))) == [1]


def test_a_log_that_was_emptied_while_nobody_watched_is_told_and_read_from_its_start(computer: Computer) -> None:
    feed = computer.feed(from_start=True)
    drained(feed)
    computer.logs.held["S"].clear()
    computer.logs.write("S", 7, 8)
    resumed = computer.feed(feed.position())
    assert numbers(drained(resumed)) == [7, 8]
    assert resumed.gaps() == (Gap(GapKind.MISSING, "S", EMPTIED),)


def test_numbers_that_begin_anew_and_numbers_that_are_missing_are_told(computer: Computer) -> None:
    feed = computer.feed(from_start=True)
    drained(feed)
    computer.logs.write("S", 10, 1, 2)
    assert numbers(drained(feed)) == [10, 1, 2]
    overwritten = Gap(GapKind.MISSING, "S", "records were overwritten before they could be read", 6)
    assert feed.gaps() == (overwritten, Gap(GapKind.MISSING, "S", EMPTIED))


def test_a_result_that_went_stale_is_told_and_read_from_the_oldest(computer: Computer) -> None:
    feed = computer.feed(from_start=True)
    drained(feed)
    computer.logs.failing["S"] = STALE
    feed.poll()
    del computer.logs.failing["S"]
    assert numbers(drained(feed)) == [1, 2, 3]
    assert feed.gaps() == (Gap(GapKind.MISSING, "S", EMPTIED),)


def test_a_channel_that_cannot_be_had_is_told_once_and_tried_again(computer: Computer) -> None:
    computer.logs.failing["S"] = ACCESS_DENIED
    feed = computer.feed()
    for _ in range(5):
        drained(feed)
        computer.clock.now += RETRY
    assert feed.gaps() == (Gap(GapKind.UNREADABLE, "S", "refused (error 5)"),)
    del computer.logs.failing["S"]
    drained(feed)
    computer.logs.write("S", 4)
    assert numbers(drained(feed)) == [4]


def test_a_channel_that_comes_later_is_read_from_its_start() -> None:
    computer = Computer()
    feed = computer.feed()
    drained(feed)
    assert [gap.kind for gap in feed.gaps()] == [GapKind.MISSING]
    position = feed.position()
    computer.logs.write("S", 1)
    computer.clock.now += RETRY
    assert numbers(drained(feed)) == [1]
    assert numbers(drained(computer.feed(position))) == [1]


def test_a_channel_that_is_switched_off_is_told_and_read_when_it_is_switched_on(computer: Computer) -> None:
    computer.logs.disabled.add("S")
    feed = computer.feed()
    drained(feed)
    assert feed.gaps() == (Gap(GapKind.MISSING, "S", "the channel is switched off"),)
    computer.logs.disabled.clear()
    computer.logs.write("S", 4)
    computer.clock.now += RETRY
    assert numbers(drained(feed)) == [4]


def test_records_too_large_for_one_answer_are_asked_for_in_smaller_pieces(computer: Computer) -> None:
    feed = computer.feed(from_start=True)
    computer.logs.failing["S"] = INVALID_BOUND
    feed.poll()
    del computer.logs.failing["S"]
    assert numbers(drained(feed)) == [1, 2, 3]
    assert feed.gaps() == ()


def test_a_flood_on_one_channel_does_not_starve_the_others(computer: Computer) -> None:
    for channel in "ABCDE":
        computer.logs.write(channel, *range(1, 2_000))
    feed = computer.feed(named=tuple("ABCDES"), from_start=True)
    first = [*feed.poll(), *feed.poll()]
    assert feed.has_more
    assert {event.channel for event in first} == set("ABCDES")
    assert len(first) + len(drained(feed, 1000)) == 5 * 1_999 + 3


def test_what_is_not_chosen_is_not_read_but_followed(computer: Computer) -> None:
    feed = computer.feed(from_start=True, choose=lambda lines: [b"<EventRecordID>2<" in one for one in lines])
    assert numbers(drained(feed)) == [2]
    assert json.loads(feed.position())["channels"]["S"] == ["3", 3]


def test_damaged_records_and_positions_are_told(computer: Computer) -> None:
    computer.logs.held["S"] += [(4, "<Event><System>"), (5, ""), (6, "\ud800")]
    feed = computer.feed('{"channels": {"S": [1]}}', from_start=True)
    assert numbers(drained(feed)) == [1, 2, 3]
    assert sum(gap.count for gap in feed.gaps()) == 4
    for text in ("{", "[]", '{"channels": []}', '{"channels": {"S": 5}}', '{"channels": {"S": ["x", "y"]}}'):
        assert numbers(drained(computer.feed(text, from_start=True))) == [1, 2, 3]


def test_the_channels_are_those_of_the_sources_that_are_interpreted_and_of_rules() -> None:
    chosen, missing = wanted_channels(COMMON, ["Setup", "DNS Server"])
    assert set(chosen) == set(COMMON) - {"Microsoft-IIS-Configuration/Analytic"}
    assert missing == ()


def test_what_has_no_channel_is_told_but_not_what_most_servers_lack() -> None:
    missing = wanted_channels(COMMON[:4])[1]
    assert "microsoft-windows-sysmon" in missing
    assert not any("exchange" in name or "dotnet" in name for name in missing)


def test_every_provider_that_is_interpreted_has_a_channel_of_its_name_or_one_that_is_known() -> None:
    named = {name for source in sources() for name, _ in source.reads}
    there = [*COMMON, "MSExchange Management"]
    for name in sorted(named):
        found, _ = wanted_channels([*there, f"{name}/Operational"])
        assert found


def test_channels_are_looked_for_again(computer: Computer) -> None:
    computer.logs.held["System"] = []
    feed = EventLogs("wineventlog:", computer.logs, every_line, from_start=False, clock=computer.clock)
    drained(feed)
    computer.logs.write("Microsoft-Windows-Sysmon/Operational", 1)
    assert drained(feed) == []
    computer.clock.now += LOOK
    assert numbers(drained(feed)) == [1]
