"""Alerts as lines and as ECS documents, word by word. Run this module to write the goldens anew."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iisight.model.alert import Alert, AlertKind
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.report.alerts import MAX_LATE, ecs, ecs_line, line
from tests.builders.alerts import START, alert, full, hostile

LINES = Path(__file__).parent / "alerts.txt"
DOCUMENTS = Path(__file__).parent / "alerts.ndjson"


def told() -> tuple[Alert, ...]:
    """Return one alert of every kind, and one of hostile text."""
    return (
        full(),
        alert(
            7,
            "handler 'legacy' was taken out",
            severity=Severity.LOW,
            old=r"C:\inetpub\legacy.dll",
            locator=Locator(r"C:\inetpub\wwwroot\web.config", 12),
        ),
        alert(
            8,
            r"w3wp.exe started cmd.exe /c whoami",
            kind=AlertKind.EVENT,
            severity=Severity.HIGH,
            rule="IIS341",
            attack=("T1505.004",),
            locator=Locator("Microsoft-Windows-Sysmon/Operational", record=4711),
            who="S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415, w3wp.exe of pool 'shop'",
            happened=START,
        ),
        alert(
            9, "who registered 'HttpCacheHelper' is known now", kind=AlertKind.WHO, who=r"CONTOSO\eve", about="5" * 32
        ),
        alert(10, "the Security log is not read any more: access is denied", kind=AlertKind.COVERAGE),
        alert(11, "watching 4 sites, 61 components, 5 logs", kind=AlertKind.HEALTH, severity=Severity.INFO),
        hostile(),
    )


def test_alerts_read_as_the_golden() -> None:
    assert "".join(f"{line(one)}\n" for one in told()) == LINES.read_text(encoding="utf-8")


def test_documents_read_as_the_golden() -> None:
    assert b"".join(map(ecs_line, told())) == DOCUMENTS.read_bytes()


def test_every_field_of_a_document_is_one_that_ecs_has_or_our_own() -> None:
    known = {
        "@timestamp", "ecs", "event", "file", "host", "iisight", "message", "related", "rule", "threat", "user",
    }  # fmt: skip
    assert {name for one in told() for name in json.loads(ecs_line(one))} <= known


NOW, DAY = alert().time, timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "happened", "dated"),
    [
        (AlertKind.EVENT, NOW - MAX_LATE, NOW - MAX_LATE),
        (AlertKind.EVENT, NOW - MAX_LATE - timedelta(microseconds=1), NOW),
        (AlertKind.EVENT, datetime(1601, 1, 1, tzinfo=UTC), NOW),
        (AlertKind.EVENT, NOW + DAY, NOW),
        (AlertKind.EVENT, None, NOW),
        (AlertKind.CHANGE, NOW - timedelta(seconds=1), NOW),
    ],
)
def test_the_document_of_an_event_is_dated_as_the_event_where_that_can_be(
    kind: AlertKind, happened: datetime | None, dated: datetime
) -> None:
    document = ecs(alert(kind=kind, happened=happened))
    assert document["@timestamp"] == f"{dated:%Y-%m-%dT%H:%M:%S.%f}Z"
    event = document["event"]
    assert isinstance(event, dict)
    assert event["created"] == f"{NOW:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert ("start" in event) is (happened is not None)


if __name__ == "__main__":
    LINES.write_text("".join(f"{line(one)}\n" for one in told()), encoding="utf-8")
    DOCUMENTS.write_bytes(b"".join(map(ecs_line, told())))
