"""Event logs under watch: who made a change that was told, also when what tells it comes late."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from iisight.engine.ear import Clocks, Ear
from iisight.engine.settings import Settings
from iisight.model.alert import Alert, AlertKind, Concerned
from iisight.model.event import Event
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.watch.feeds import feed_of
from iisight.watch.listening import LEARNT_WITHIN, Listening
from iisight.watch.spool import Spool
from iisight.watch.telling import Draft, Frame
from tests.builders import gathered as logs
from tests.builders.feeds import Clock, lines
from tests.unit.test_origins import EXPLORER, SHELL, guid, process

DLL = r"C:\ProgramData\odd.dll"
NOW = logs.START + timedelta(seconds=125)
CHANGE = Alert(
    "5" * 32, NOW, "WEB01", AlertKind.CHANGE, Severity.HIGH, "odd.dll was replaced", locator=Locator(DLL),
    components=(Concerned("m", "native-module", "Odd", DLL),),
)  # fmt: skip
START = process(2, SHELL, "powershell.exe", 1, EXPLORER, 60)
EVE = r"CONTOSO\eve, explorer.exe > powershell.exe"


class Heard:
    """A feed of lines, and an ear on it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.number = folder / "events.ndjson", 1
        self.file.touch()
        ear = Ear((), Settings(), clocks=Clocks(Clock()))
        feeds = [feed_of(str(self.file), ear.choose)]
        self.listening = Listening(feeds, ear, Spool(folder / "spool"), Settings(), Clock(), {})
        self.listening.matters(["odd.dll"], [])
        self.hears()

    def hears(self, *events: Event, at: datetime = NOW) -> list[tuple[AlertKind, str, str]]:
        """Return kind, author and what it is about of all that events tell."""
        with self.file.open("ab") as stream:
            stream.write(lines(*events))
        self.number += 1
        told = [draft.alert for draft in self.listening.hear(Frame("WEB01", at, self.number))]
        return [(alert.kind, alert.who, alert.about) for alert in told]

    def changes(self) -> str:
        """Return who made a change that is seen now."""
        return self.listening.with_who(Draft((), CHANGE)).alert.who


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Heard]:
    found = Heard(tmp_path)
    yield found
    found.listening.close()


def dropped(image: str = "") -> Event:
    """Return that the file was written, by a process that is known by its number alone, or by its program too."""
    fields = {"ProcessGuid": guid(2), "TargetFilename": DLL, **({"Image": image} if image else {})}
    return logs.event(logs.SYSMON, 11, 120, **fields)


WHO = (AlertKind.WHO, EVE, CHANGE.id)


def test_the_start_of_a_process_that_comes_late_says_who_made_a_change_that_was_told(heard: Heard) -> None:
    assert heard.changes() == ""
    assert heard.hears(dropped()) == []
    assert heard.hears(START) == [WHO]
    assert heard.hears(START) == []


def test_the_start_of_a_process_says_who_also_where_the_change_is_seen_last(heard: Heard) -> None:
    assert heard.hears(dropped()) == heard.hears(START) == []
    assert heard.changes() == EVE
    assert heard.hears(START) == []


def test_a_program_is_told_at_once_and_the_account_behind_it_when_that_is_known(heard: Heard) -> None:
    heard.hears(dropped(SHELL))
    assert heard.changes() == "powershell.exe"
    assert heard.hears(START) == [WHO]


def test_a_program_that_comes_late_and_then_its_account_are_two_alerts(heard: Heard) -> None:
    heard.changes()
    assert heard.hears(dropped(SHELL)) == [(AlertKind.WHO, "powershell.exe", CHANGE.id)]
    assert heard.hears(START) == [WHO]


def test_what_comes_too_late_says_nothing(heard: Heard) -> None:
    heard.changes()
    heard.hears(dropped())
    heard.hears(dropped(), at=NOW + LEARNT_WITHIN)
    assert heard.hears(START) == []


def test_another_process_says_nothing(heard: Heard) -> None:
    heard.changes()
    heard.hears(dropped())
    assert heard.hears(process(3, SHELL, "powershell.exe", 1, EXPLORER, 60)) == []
