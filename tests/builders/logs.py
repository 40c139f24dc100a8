"""Event logs for the tests: every kind of value and of record."""

from datetime import UTC, datetime, timedelta

from iisight.model.event import Event
from iisight.workbench.evtx import Record

START = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
GUID = "{0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0}"

TYPED = {  # field: type, text given, text read
    "Text": ("string", "a & <b> \"q\" 'x' é", "a & <b> \"q\" 'x' é"),
    "Small": ("uint8", "200", "200"),
    "Negative": ("int32", "-5", "-5"),
    "Large": ("uint64", "18446744073709551615", "18446744073709551615"),
    "Hex": ("hex32", "0x3e7", "0x3e7"),
    "LongHex": ("hex64", "0x8000000000000001", "0x8000000000000001"),
    "Guid": ("guid", GUID, GUID),
    "Sid": ("sid", "S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-500"),
    "When": ("filetime", "2024-01-02T03:04:05.678901+00:00", "2024-01-02T03:04:05.678901Z"),
    "Clock": ("systemtime", "2024-01-02T03:04:05.678000+00:00", "2024-01-02T03:04:05.678000Z"),
    "Binary0": ("binary", "00FF10AB", "00FF10AB"),
    "Flag": ("bool", "true", "true"),
    "Size": ("sizet", "0x4", "0x4"),
    "Several": ("strings", "one\ntwo", "one\ntwo"),
    "Numbers": ("numbers", "1\n2\n2", "1\n2\n2"),
    "Half": ("double", "1.5", "1.5"),
    "Empty": ("string", "", ""),
    "Null": ("null", "", ""),
}


def typed_record(*without: str) -> Record:
    """Return a record with a field of every type but those named."""
    kept = {name: row for name, row in TYPED.items() if name not in without}
    event = Event(
        "Contoso-Provider",
        "Contoso/Operational",
        29,
        START,
        "web01.contoso.com",
        user="S-1-5-18",
        process=4242,
        fields={name: text for name, (_, text, _) in kept.items()},
    )
    return Record(event, {name: kind for name, (kind, _, _) in kept.items()}, guid=GUID)


def odd_records() -> list[Record]:
    """Return records of a classic source, without data, with UserData, and of another channel."""
    return [
        Record(
            Event(
                "Classic", "Application", 2282, START, "web01", fields={"param1": "x", "param2": "", "Binary": "0102"}
            ),
            {"Binary": "binary"},
            qualifiers=49152,
        ),
        Record(Event("Classic", "Application", 2280, START, "web01", fields={"param1": "alone"}), qualifiers=32768),
        Record(Event("Contoso-Provider", "System", 7, START, "web01")),
        Record(
            Event(
                "Log", "Security", 1102, START, "web01", fields={"SubjectUserName": "eve", "A.B": "0x1f", "A.C": "7"}
            ),
            {"A.B": "hex64", "A.C": "uint16"},
            user_data="LogFileCleared",
        ),
    ]


def plain_events(count: int, size: int = 200) -> list[Event]:
    """Return so many events, a second apart, each with a text of about `size` characters."""
    return [
        Event(
            "Microsoft-Windows-IIS-Configuration",
            "Microsoft-IIS-Configuration/Operational",
            29,
            START + timedelta(seconds=number),
            "web01",
            fields={"Configuration": f"/system.webServer/modules/add[@name='M{number}']", "NewValue": "v" * size},
        )
        for number in range(count)
    ]
