"""What a watch remembers of files, and when it takes nothing for granted."""

import sqlite3
from datetime import UTC, datetime

import pytest

from iisight.evidence.source import File
from iisight.inventory.memory import Reading
from iisight.model.binary import Binary
from iisight.watch import state
from iisight.watch.memory import Remembered

DLL = File("C:\\site\\bin\\Shop.dll", 10, datetime(2026, 1, 2, tzinfo=UTC), "")
READ = Reading(Binary(path=DLL.path, size=10, sha256="ab" * 32, modified=DLL.modified, image=None))


@pytest.fixture
def connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    state.create(connection)
    return connection


def written(memory: Remembered) -> None:
    memory.flush()
    memory.flushed()


def test_what_was_read_of_a_file_is_there_in_the_next_run(connection: sqlite3.Connection) -> None:
    first = Remembered(connection)
    first.keep_reading(DLL, READ)
    written(first)
    assert Remembered(connection).reading(DLL) == READ


def test_a_file_of_another_size_is_read_anew(connection: sqlite3.Connection) -> None:
    memory = Remembered(connection)
    memory.keep_reading(DLL, READ)
    assert memory.reading(File(DLL.path, 11, DLL.modified, "")) is None


@pytest.mark.parametrize("is_stored", [True, False])
@pytest.mark.parametrize("reading", [READ, Reading(None)])
def test_what_is_forgotten_is_read_anew_though_size_and_time_are_the_same(
    connection: sqlite3.Connection, reading: Reading, is_stored: bool
) -> None:
    memory = Remembered(connection)
    memory.keep_reading(DLL, reading)
    if is_stored:
        written(memory)
    assert memory.reading(DLL) == reading
    memory.forget(DLL.path.upper())
    assert memory.reading(DLL) is None
    written(memory)
    assert Remembered(connection).reading(DLL) is None


def test_what_changed_while_everything_was_looked_at_outlives_what_that_wrote(connection: sqlite3.Connection) -> None:
    memory, survey = Remembered(connection), Remembered(connection, answers=False)
    memory.overtaken()
    changed = File("C:\\site\\web.config", 2, DLL.modified, "")
    memory.keep_content(changed, b"<b")
    written(memory)
    survey.keep_content(File(changed.path, 1, DLL.modified, ""), b"<")
    survey.replace_all()
    memory.renew()
    written(memory)
    assert Remembered(connection).content(changed) == b"<b"
