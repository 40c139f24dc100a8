"""Alerts as a watch makes them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from iisight.model.alert import Alert, AlertKind, Concerned
from iisight.model.component import Verdict
from iisight.model.finding import Severity
from iisight.model.locator import Locator

START = datetime(2026, 3, 1, 2, 59, 30, tzinfo=UTC)
HOST_CONFIG = r"C:\Windows\System32\inetsrv\config\applicationHost.config"
HOSTILE = "a\x00\x1b[31m\r\n<13>1 - - - - - -\t\x7f\x9b\u202e\u2028\udc80\ud800\"]\\%1 %%2 </script>=cmd|' /C calc'!A0"


def alert(number: int = 0, message: str = "", **fields: object) -> Alert:
    """Return the alert of a number: its id and time come from it."""
    plain = Alert(
        id=f"{number:032x}",
        time=START + timedelta(seconds=number),
        host="WEB01",
        kind=AlertKind.CHANGE,
        severity=Severity.MEDIUM,
        message=message or f"change {number}",
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def alerts(count: int, first: int = 0) -> tuple[Alert, ...]:
    """Return alerts with numbers one after another."""
    return tuple(alert(number) for number in range(first, first + count))


def full() -> Alert:
    """Return an alert with everything that one can say."""
    return alert(
        5,
        "native module 'HttpCacheHelper' was registered, and no installer did it",
        severity=Severity.CRITICAL,
        rule="IIS101",
        title="Native module outside the server's own folders",
        also=("IIS203", "IIS512"),
        attack=("T1505.004", "T1036"),
        locator=Locator(HOST_CONFIG, 215, 13),
        new=r"C:\ProgramData\cache.dll",
        who=r"CONTOSO\eve, explorer.exe > cmd.exe > appcmd.exe install module /name:HttpCacheHelper",
        happened=START,
        components=(
            Concerned("managed-module:x", "managed-module", "x", "Acme.Module, Acme"),
            Concerned(
                r"native-module:HttpCacheHelper:c:\programdata\cache.dll",
                "native-module",
                "HttpCacheHelper",
                r"C:\ProgramData\cache.dll",
                "0d" * 32,
                Verdict.SUSPICIOUS,
            ),
        ),
        about="f" * 32,
    )


def hostile() -> Alert:
    """Return an alert that tries everything that hostile text can, in every field that may hold text."""
    return alert(
        6,
        HOSTILE,
        host=HOSTILE,
        rule=HOSTILE,
        title=HOSTILE,
        also=(HOSTILE,) * 60,
        attack=(HOSTILE,),
        locator=Locator(HOSTILE, 1, origin=HOSTILE),
        old=HOSTILE,
        new=HOSTILE,
        who=HOSTILE,
        components=(Concerned(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        about=HOSTILE,
    )
