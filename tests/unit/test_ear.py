"""Events heard batch by batch: the same as in one run over a log, and bounded whatever comes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from iisight.engine import ear as module
from iisight.engine.ear import Clocks, Ear
from iisight.engine.hearing import Ask, hear
from iisight.engine.listening import Heard
from iisight.engine.registry import Rule, all_rules
from iisight.engine.settings import Settings
from iisight.model.activity import Act, Activity
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import UsageError
from iisight.model.event import Event, Lost
from iisight.model.finding import Finding
from iisight.model.locator import Locator
from iisight.model.rule import OptionValue
from iisight.sigma.rule import RuleSet
from iisight.telemetry.interpret import Watch
from iisight.telemetry.search import Window
from tests.builders import gathered as logs
from tests.builders.feeds import Calendar, Clock, lines
from tests.builders.sigma import rule_text, ruleset
from tests.unit.test_origins import APPCMD, EXPLORER, IIS, INSTALL, SHELL, guid, logon, process

SCRIPT = "New-WebGlobalModule -Name Odd -Image C:\\ProgramData\\odd.dll # " + "x" * 300
COUNT = rule_text("s:\n  CommandLine|contains: probe\ncondition: s", name="a")
SERIES = (
    "title: Series\nname: c\ncorrelation:\n  type: event_count\n  rules: a\n  timespan: 10s\n  condition: {gte: 3}\n"
)


class Watched:
    """An ear with clocks of its own."""

    def __init__(self, own: RuleSet | None = None, rules: Iterable[Rule] | None = None, **more: object) -> None:
        self.clock, self.calendar = Clock(), Calendar()
        self.ear = Ear(
            all_rules() if rules is None else rules,
            Settings(),
            own,
            clocks=Clocks(self.clock, self.calendar),
            **more,  # type: ignore[arg-type]
        )

    def tells(self, *events: Event | Lost) -> list[str]:
        """Return the ids of the rules that speak of what a batch tells."""
        return sorted(f.rule for heard in self.ear.hear(events) for f in heard.findings)


def pieces(text: str, count: int) -> list[Event]:
    """Return a script block as PowerShell logs it, in pieces."""
    size = -(-len(text) // count)
    return [
        logs.event(
            logs.POWERSHELL, 4104, n, ScriptBlockText=text[n * size : (n + 1) * size], ScriptBlockId="b",
            MessageNumber=str(n + 1), MessageTotal=str(count),
        )
        for n in range(count)
    ]  # fmt: skip


def probe(seconds: int, at: datetime = logs.START) -> Event:
    """Return an event that the user's rule is about."""
    event = logs.started(r"C:\x.exe", "probe")
    return replace(event, time=at + timedelta(seconds=seconds))


def plain(heard: Iterable[Heard]) -> set[tuple[object, ...]]:
    """Return what does not depend on how events were cut into batches."""
    return {(h.activity.actions, h.activity.sigma, tuple(f.rule for f in h.findings), h.who) for h in heard}


def test_batches_tell_what_one_run_over_the_log_tells(tmp_path: Path) -> None:
    change = logs.event(IIS, 29, 200, Configuration="/system.webServer/modules/add[@name='Odd']", EditOperationType="1")
    events = [
        logon(0), process(2, SHELL, "powershell.exe", 1, EXPLORER, 60), *logs.noise(50),
        process(3, APPCMD, INSTALL, 2, SHELL, 120), change, *pieces(SCRIPT, 3),
    ]  # fmt: skip
    (tmp_path / "x.ndjson").write_bytes(lines(*events))
    held = logs.logs_in(tmp_path / "x.ndjson")
    whole = hear(held, Ask(workers=1), all_rules(), Settings(), Watch(), lambda *_: None)
    watched = Watched()
    found = [one for at in range(0, len(events), 7) for one in watched.ear.hear(events[at : at + 7])]
    assert plain(found) == plain(whole.heard)
    assert watched.ear.gaps() == ()


def test_who_is_told_by_processes_and_logons_of_earlier_batches() -> None:
    watched = Watched()
    watched.ear.hear([logon(0)])
    watched.ear.hear([process(2, SHELL, "powershell.exe", 1, EXPLORER, 60)])
    (heard,) = watched.ear.hear([process(3, APPCMD, INSTALL, 2, SHELL, 120)])
    assert heard.who == (
        rf"CONTOSO\eve, explorer.exe > powershell.exe > {INSTALL},"
        " logged on by remote desktop from 203.0.113.44 at 2026-03-01 10:00:00Z"
    )


def test_what_came_before_the_process_that_did_it_can_be_asked_again() -> None:
    watched = Watched()
    drop = logs.event(logs.SYSMON, 11, 90, ProcessGuid=guid(2), TargetFilename=r"C:\Windows\System32\inetsrv\odd.dll")
    (heard,) = watched.ear.hear([drop])
    assert heard.who == ""
    watched.ear.hear([process(2, SHELL, "powershell.exe", 1, EXPLORER, 60)])
    assert watched.ear.told(heard).who == r"CONTOSO\eve, explorer.exe > powershell.exe"


def test_processes_are_forgotten_after_their_time_and_beyond_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KNOWN", 3)
    watched = Watched()
    known = watched.ear._known
    watched.ear.hear([process(n, SHELL, "x" * 5_000, 1, EXPLORER, 60) for n in range(2, 9)])
    assert len(known) == 3
    assert (known.by_guid(guid(5)), known.started("web01", 1005)) == (None, ())
    kept = known.by_guid(guid(8))
    assert kept is not None
    assert len(kept.actor.command) == module.MAX_COMMAND
    watched.clock.now += module.KEPT + 1
    watched.ear.hear([process(20, SHELL, "x", 1, EXPLORER, 60), logon(1)])
    assert len(known) == 2


def test_one_process_id_used_over_and_over_stays_bounded() -> None:
    watched = Watched(rules=())
    many = [
        replace(process(7, SHELL, "x", 1, EXPLORER, n), fields={"ProcessId": "7", "Image": SHELL}) for n in range(500)
    ]
    watched.ear.hear(many)
    assert len(watched.ear._known.started("web01", 7)) == 32


def test_pieces_of_a_script_are_joined_across_batches() -> None:
    watched = Watched()
    first, second, third = pieces(SCRIPT, 3)
    assert watched.tells(first) == watched.tells(third) == []
    (heard,) = watched.ear.hear([second])
    assert [action.name for action in heard.activity.actions] == ["Odd"]
    assert watched.ear.idle() == watched.ear.finish() == ()


def test_a_script_whose_rest_does_not_come_is_told_after_a_while() -> None:
    watched = Watched()
    first, second, _ = pieces(SCRIPT, 3)
    watched.ear.hear([first, second])
    assert watched.ear.idle() == ()
    watched.clock.now += module.OPEN + 1
    (heard,) = watched.ear.idle()
    assert heard.activity.event.get("Gaps") == "pieces 3 of 3 are missing"


def test_the_end_of_the_watch_tells_what_was_waited_for() -> None:
    watched = Watched()
    watched.ear.hear(pieces(SCRIPT, 3)[:2])
    assert len(watched.ear.finish()) == 1


def test_a_rule_that_fails_is_told_once_and_not_asked_again() -> None:
    asked: list[Activity] = []

    def check(activity: Activity, _options: Mapping[str, OptionValue]) -> Iterable[Finding]:
        asked.append(activity)
        raise ValueError("broken")

    watched = Watched(rules=[replace(next(r for r in all_rules() if r.info.id == "IIS301"), check=check)])
    for n in range(3):
        watched.ear.hear([logs.appcmd(f"install module /name:M{n} /image:x.dll")])
    assert len(asked) == 1
    assert [gap.kind for gap in watched.ear.gaps()] == [GapKind.FAILED]
    assert watched.ear.gaps() == ()


def test_an_option_that_no_rule_has_is_wrong_usage_at_the_start() -> None:
    with pytest.raises(UsageError):
        Ear(all_rules(), Settings(options={"IIS301": {"nothing": 1}}))


def test_alike_events_of_a_batch_are_one_and_those_of_the_next_are_told_again() -> None:
    watched = Watched()
    same = [logs.appcmd("install module /name:M /image:x.dll", n) for n in range(100)]
    assert [heard.count for heard in watched.ear.hear(same)] == [100]
    assert [heard.count for heard in watched.ear.hear(same[:1])] == [1]


def test_a_correlation_slides_over_batches() -> None:
    watched = Watched(ruleset(COUNT, SERIES))
    assert [watched.tells(probe(n)).count("c") for n in (0, 4, 8, 9)] == [0, 0, 1, 0]


def test_the_users_rules_that_cannot_be_asked_are_told() -> None:
    watched = Watched(ruleset("title: x"))
    assert [gap.kind for gap in watched.ear.gaps()] == [GapKind.FAILED]


def told_of_correlations(watched: Watched) -> list[int]:
    """Return how many hits were not correlated."""
    return [gap.count for gap in watched.ear.gaps() if gap.subject == "Sigma correlations"]


def test_a_hit_from_the_future_is_told_and_shifts_no_window() -> None:
    watched = Watched(ruleset(COUNT, SERIES))
    assert watched.tells(probe(0), probe(1), probe(400)).count("c") == 0
    assert watched.tells(probe(2)).count("c") == 1
    assert told_of_correlations(watched) == [1]
    assert told_of_correlations(watched) == []


def test_a_hit_that_comes_late_is_told_and_counts_for_no_window() -> None:
    watched = Watched(ruleset(COUNT, SERIES))
    watched.calendar.turn(minutes=10)
    watched.tells(probe(400), probe(401))
    assert watched.tells(probe(3)).count("c") == 0
    assert watched.tells(probe(402)).count("c") == 1
    assert told_of_correlations(watched) == [1]


def test_a_clock_that_was_set_back_begins_the_windows_anew() -> None:
    watched = Watched(ruleset(COUNT, SERIES))
    watched.tells(probe(0), probe(1))
    watched.calendar.turn(hours=-2)
    back = logs.START - timedelta(hours=2)
    assert [watched.tells(probe(n, back)).count("c") for n in (0, 1, 2)] == [0, 0, 1]


def test_a_count_that_is_too_low_is_told_when_its_time_is_over_and_nothing_comes() -> None:
    few = SERIES.replace("gte: 3", "lt: 3")
    watched = Watched(ruleset(COUNT, few))
    watched.tells(probe(0))
    assert watched.ear.idle() == ()
    watched.calendar.turn(minutes=10)
    (heard,) = watched.ear.idle()
    assert [f.rule for f in heard.findings] == ["c"]


def test_another_inventory_makes_other_files_matter() -> None:
    watched = Watched()
    drop = logs.event(logs.SYSMON, 11, TargetFilename=r"C:\ProgramData\odd.dll")
    line = rb'{"winlog":{"provider_name":"Microsoft-Windows-Sysmon","event_data":{"TargetFilename":"C:\\odd.dll"}}}'
    assert (watched.ear.hear([drop]), watched.ear.choose([line])) == ((), [False])
    watched.ear.watch(Watch(frozenset({"odd.dll"})))
    assert [a.act for h in watched.ear.hear([drop]) for a in h.activity.actions] == [Act.WRITE]
    assert watched.ear.choose([line]) == [True]


def test_only_the_hosts_that_are_asked_for_are_heard() -> None:
    watched = Watched(window=Window(hosts=("web02",)))
    assert watched.ear.hear([logs.appcmd("install module /name:M /image:x.dll")]) == ()


def test_records_that_were_lost_are_told() -> None:
    watched = Watched()
    watched.ear.hear([Lost(Locator("x", 3), "no record")])
    assert watched.ear.gaps() == (Gap(GapKind.MALFORMED, "x:3", "no record"),)


def test_a_flood_of_different_acts_is_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from iisight.engine import listening

    monkeypatch.setattr(listening, "MAX_HEARD", 50)
    watched = Watched()
    heard = watched.ear.hear([logs.appcmd(f"install module /name:M{n} /image:x{n}.dll") for n in range(200)])
    assert len(heard) == 50
    assert [gap.kind for gap in watched.ear.gaps()] == [GapKind.REFUSED]
