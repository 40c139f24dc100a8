"""An alert as a message of syslog, RFC 5424."""

import re
from dataclasses import dataclass

from iisight.model.alert import Alert
from iisight.model.finding import Severity
from iisight.report.alerts import ecs_line, summary
from iisight.report.safe import escape

SEVERITIES = {Severity.CRITICAL: 2, Severity.HIGH: 3, Severity.MEDIUM: 4, Severity.LOW: 5, Severity.INFO: 6}
"""RFC 5424, 6.2.1, table 2: critical, error, warning, notice, informational."""
FACILITIES = {
    "kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "syslog": 5, "lpr": 6, "news": 7, "uucp": 8, "cron": 9,
    "authpriv": 10, "ftp": 11, "ntp": 12, "audit": 13, "alert": 14, "clock": 15,
    **{f"local{number}": 16 + number for number in range(8)},
}  # fmt: skip
"""RFC 5424, 6.2.1, table 1, by the names of syslog.conf."""
EXAMPLE_ENTERPRISE = 32473  # the number kept for examples (RFC 5612); iisight has none of its own
MAX_PARAMETER = 64  # bytes of a value of the structured data, before it is escaped
LEAST, MOST = 1024, 65_000  # bytes: the longest header fits, with some text; what a datagram has room for

_BOM = b"\xef\xbb\xbf"  # RFC 5424, 6.4: what follows is UTF-8
_CUT = b"..."
_TO_ESCAPE = re.compile(r'(["\\\]])')
_NOT_PRINTABLE = re.compile(r"[^!-~]")


@dataclass(frozen=True, slots=True)
class Style:
    """How messages are written."""

    facility: int = FACILITIES["local0"]
    application: str = "iisight"
    enterprise: int = EXAMPLE_ENTERPRISE
    most: int = 8192  # bytes of a message
    ecs: bool = False  # the text is an ECS document


def message(alert: Alert, style: Style) -> bytes:
    """Return the message of an alert, at most `style.most` bytes: the end of its text goes first.

    An ECS document that would be cut is sent as the line for a person instead: half of it is no JSON.
    """
    priority = style.facility * 8 + SEVERITIES[alert.severity]
    time = alert.time.replace(tzinfo=None).isoformat("T", "microseconds")
    names = f"{_name(alert.host, 255)} {_name(style.application, 48)} - {_name(alert.rule or str(alert.kind), 32)}"
    head = f"<{priority}>1 {time}Z {names} {_data(alert, style)} ".encode() + _BOM
    if style.ecs:
        text = ecs_line(alert).rstrip(b"\n")
        if len(head) + len(text) <= style.most:
            return head + text
    return head + _cut(summary(alert).encode("utf-8"), max(style.most - len(head), 0))


def _data(alert: Alert, style: Style) -> str:
    """Return the structured data (RFC 5424, 6.3): what a receiver tells alerts apart by, without reading the text."""
    values = {"id": alert.id, "kind": str(alert.kind), "severity": str(alert.severity), "rule": alert.rule}
    if alert.about:
        values["about"] = alert.about
    parameters = "".join(f' {name}="{_value(value)}"' for name, value in values.items() if value)
    return f"[iisight@{style.enterprise}{parameters}]"


def _value(text: str) -> str:
    r"""Return a PARAM-VALUE: `"`, `\` and `]` behind a backslash (RFC 5424, 6.3.3), and nothing that is not seen."""
    shown = escape(text[:MAX_PARAMETER]).encode("utf-8")[:MAX_PARAMETER].decode("utf-8", "ignore")
    return _TO_ESCAPE.sub(r"\\\1", shown)


def _name(text: str, most: int) -> str:
    """Return a HOSTNAME, APP-NAME or MSGID: printable ASCII without spaces, `-` when nothing is known."""
    return _NOT_PRINTABLE.sub("?", text[:most]) or "-"


def _cut(text: bytes, most: int) -> bytes:
    """Return UTF-8 that is not longer, and ends with a whole character."""
    if len(text) <= most:
        return text
    return text[: max(most - len(_CUT), 0)].decode("utf-8", "ignore").encode() + _CUT
