"""Times as exporting programs write them."""

import re
from datetime import UTC, datetime, timedelta

from iisight.parsers.record import text_of, to_time

_NUMBER = re.compile(r"-?\d{1,19}(?:\.\d{1,12})?")
_POWERSHELL = re.compile(r"/Date\((\d{1,16})\)/")  # ConvertTo-Json of Windows PowerShell
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))  # from that value on: nanoseconds, microseconds, milliseconds


def time_of(value: object) -> datetime | None:
    """Return an ISO 8601 time or a number of seconds (or smaller units) since 1970 as aware UTC, else None."""
    text = text_of(value)
    if found := _POWERSHELL.fullmatch(text):
        text = found[1]
    if _NUMBER.fullmatch(text) is None:
        return to_time(text)
    number = float(text)
    unit = next((unit for least, unit in _UNITS if number >= least), 1.0)
    try:
        return _EPOCH + timedelta(microseconds=round(number / unit * 1e6))
    except OverflowError:
        return None
