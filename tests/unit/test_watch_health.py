"""The line about the watch itself."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from iisight.model.finding import Severity
from iisight.watch.courier import SinkHealth
from iisight.watch.health import Health, alert_of, line

SINCE = datetime(2026, 3, 1, 2, 59, 30, tzinfo=UTC)
WELL = Health(
    since=SINCE,
    folders=1,
    files=1_087,
    findings=0,
    unread=0,
    looked=SINCE.replace(hour=3),
    feeds=("events.ndjson: 12 lines read, 3 of interest",),
    sinks=(SinkHealth("file:a.ndjson", delivered=7, waiting=1), SinkHealth("-")),
)
BEGIN = "watching 1,087 files in 1 place since 2026-03-01 02:59:30Z, looked through at 2026-03-01 03:59:30Z"
FEED = "events.ndjson: 12 lines read, 3 of interest"


def test_of_a_watch_that_is_well_it_says_what_is_watched_and_since_when_and_no_more() -> None:
    assert line(WELL) == f"{BEGIN}; {FEED}; nothing is left out"
    assert alert_of(WELL, "WEB01", SINCE, 1).severity is Severity.INFO


@pytest.mark.parametrize(
    ("sink", "told"),
    [
        (
            SinkHealth("-", waiting=1_200, since=SINCE, last_error="no one listens"),
            "1,200 wait, FAILS since 2026-03-01 02:59:30Z: no one listens",
        ),
        (SinkHealth("-", dropped=3), "3 dropped, 0 refused"),
        (
            SinkHealth("-", refused=2, waiting=1, since=SINCE, last_error="x"),
            "0 dropped, 2 refused, 1 wait, FAILS since 2026-03-01 02:59:30Z: x",
        ),
    ],
)
def test_a_sink_is_named_that_does_not_take_everything(sink: SinkHealth, told: str) -> None:
    assert line(replace(WELL, sinks=(sink,))) == f"{BEGIN}; {FEED}; sink -: {told}; nothing is left out"


def test_what_is_not_watched_or_not_read_is_said_and_what_is_amiss() -> None:
    unwatched = tuple(f"C:\\{n}: gone" for n in range(7))
    health = replace(WELL, looked=None, feeds=(), findings=4, unread=2, unwatched=unwatched, trouble="the disk is full")
    assert line(health) == (
        "watching 1,087 files in 1 place since 2026-03-01 02:59:30Z, not looked through yet; findings that stand: 4; "
        "2 things not read; NOT WATCHED: C:\\0: gone; C:\\1: gone; C:\\2: gone; C:\\3: gone; C:\\4: gone and 2 more; "
        "TROUBLE: the disk is full"
    )
    assert alert_of(health, "WEB01", SINCE, 1).severity is Severity.MEDIUM
