"""A server is served and attacked step by step; each step is told, with the rule and the place."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from iisight.model.event import Event
from iisight.watch.spool import encoded
from iisight.workbench import stock

SECONDS = 60.0  # within which a step must be told; it takes a fraction of one
HOST = Path("C/Windows/System32/inetsrv/config/applicationHost.config")
INETSRV = Path("C/Windows/System32/inetsrv")
HISTORY = Path("C/inetpub/history/CFGHISTORY_0000000001/applicationHost.config")
SITE = Path("C/inetpub/wwwroot")

Alert = dict[str, Any]
"""A document of ECS, as a line of the file has it."""


class Watched:
    """A served folder with a watch over it."""

    def __init__(self, folder: Path) -> None:
        self.root, self.state, self.log = folder / "server", folder / "state", folder / "alerts.ndjson"
        self.events = folder / "events.ndjson"
        self.events.touch()
        self._told = 0
        for path, data in stock.stock_files().items():
            self.write(self.root / path.replace(":", "").replace("\\", "/"), data)
        for number in range(1, 4):
            self.write(self.root / str(HISTORY).replace("1/", f"{number}/"), (self.root / HOST).read_bytes())
        self.write(self.root / SITE / "web.config", b"<configuration>\n</configuration>\n")

    def start(self) -> None:
        command = [sys.executable, "-m", "iisight", "watch", str(self.root), "--state", str(self.state)]
        ends = ["--to", f"file:{self.log}", "--events", str(self.events), "--name", "WEB01"]
        self.process = subprocess.Popen([*command, *ends])
        self.expect(lambda alert: "watching" in alert["message"])

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    @staticmethod
    def write(path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def edit(self, path: Path, old: str, new: str) -> None:
        text = (self.root / path).read_text("utf-8")
        assert old in text
        (self.root / path).write_text(text.replace(old, new, 1), "utf-8")

    def forward(self, event: Event) -> None:
        """Write an event as a forwarder does."""
        with self.events.open("ab") as stream:
            stream.write(encoded(event))

    def alerts(self) -> list[Alert]:
        lines = self.log.read_bytes().splitlines(keepends=True) if self.log.exists() else []
        read = [json.loads(line) for line in lines if line.endswith(b"\n")]
        return list({alert["event"]["id"]: alert for alert in reversed(read)}.values())[::-1]  # some may come twice

    def expect(self, wanted: Callable[[Alert], bool]) -> Alert:
        """Return the next alert that is wanted; those before it are passed over."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            alerts = self.alerts()
            for index, alert in enumerate(alerts[self._told :], self._told + 1):
                if wanted(alert):
                    self._told = index
                    return alert
            assert self.process.poll() is None, "the watch has ended"
            time.sleep(0.02)
        shown = [(a["message"], a["iisight"]) for a in self.alerts()[self._told :]]
        raise AssertionError(f"not told within {SECONDS:g} s; told instead: {shown}")

    def line_of(self, path: Path, part: str) -> int:
        text = (self.root / path).read_text("utf-8")
        return text[: text.index(part)].count("\n") + 1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    try:
        watched.start()
        yield watched
    finally:
        watched.stop()


def names(text: str) -> Callable[[Alert], bool]:
    return lambda alert: text in alert["message"]


def rules(alert: Alert) -> set[str]:
    own = alert["iisight"].get("also", ())
    return {alert["rule"]["id"], *own} if "rule" in alert else set(own)


def place(alert: Alert) -> tuple[str, int | None]:
    locator = alert["iisight"]["locator"]
    return locator["path"], locator.get("line")


APPHOST = "C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config"
EVIL = '<add name="Evil" image="%windir%\\System32\\inetsrv\\evil.dll" />'
HANDLERS = '<system.webServer><handlers><add name="Feed" path="*.x" verb="*" type="Shop.Feed, Shop" /></handlers>'
UNLOGGED = (
    '<location path="Default Web Site"><system.webServer><httpLogging dontLog="true" /></system.webServer></location>'
)


def test_every_step_of_an_attack_is_told_with_rule_and_place(server: Watched) -> None:
    module = server.root / INETSRV / "loghttp.dll"

    shutil.copy(module, server.root / INETSRV / "evil.dll")
    dropped = server.expect(names("evil.dll"))
    assert rules(dropped) >= {"IIS205"}
    assert place(dropped) == ("C:\\Windows\\System32\\inetsrv\\evil.dll", None)

    server.edit(HOST, "<globalModules>", f"<globalModules>\n{EVIL}")
    registered = server.expect(names("native-module 'Evil' is there"))
    assert rules(registered) >= {"IIS204"}
    assert place(registered) == (APPHOST, server.line_of(HOST, EVIL))
    assert registered["file"]["path"] == "C:\\Windows\\System32\\inetsrv\\evil.dll"

    enabled = (server.root / HOST).read_text("utf-8").replace("<modules>", '<modules>\n<add name="Evil" />', 1)
    Watched.write(server.root / "C/new.tmp", enabled.encode())
    (server.root / "C/new.tmp").replace(server.root / HOST)
    renamed_over = server.expect(names("native-module 'Evil' is registered"))
    assert place(renamed_over) == (APPHOST, server.line_of(HOST, '<add name="Evil" />'))

    server.edit(SITE / "web.config", "</configuration>", f"{HANDLERS}</system.webServer></configuration>")
    appended = server.expect(names("managed-handler 'Feed'"))
    assert rules(appended) >= {"IIS108"}
    assert place(appended) == ("C:\\inetpub\\wwwroot\\web.config", server.line_of(SITE / "web.config", "Feed"))

    shutil.copy(module, server.root / INETSRV / "cachuri.dll")
    replaced = server.expect(names("cachuri.dll was replaced"))
    assert replaced["iisight"]["severity"] == "high"
    assert rules(replaced) >= {"IIS208"}

    server.edit(HOST, "</configuration>", f"{UNLOGGED}</configuration>")
    unlogged = server.expect(names("dontLog=true"))
    assert rules(unlogged) >= {"IIS112"}
    assert place(unlogged) == (APPHOST, server.line_of(HOST, UNLOGGED))

    shutil.rmtree((server.root / HISTORY).parent.parent)
    cleared = server.expect(names("history are all gone"))
    assert cleared["iisight"]["severity"] == "high"


def test_what_happened_while_nobody_watched_is_told_once(server: Watched) -> None:
    server.stop()
    server.edit(SITE / "web.config", "</configuration>", f"{HANDLERS}</system.webServer></configuration>")
    server.start()
    assert sum("'Feed'" in alert["message"] for alert in server.alerts()) == 1
    server.stop()
    server.start()
    assert sum("'Feed'" in alert["message"] for alert in server.alerts()) == 1


def appcmd(name: str) -> Event:
    """Return how Sysmon records that a module is installed."""
    image = "C:\\Windows\\System32\\inetsrv\\appcmd.exe"
    fields = {
        "UtcTime": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.000"),
        "ProcessGuid": "{11111111-0000-0000-0000-000000000001}",
        "ProcessId": "4711",
        "Image": image,
        "CommandLine": f"{image} install module /name:{name} /image:C:\\Windows\\System32\\inetsrv\\evil.dll",
        "User": "WEB01\\mallory",
        "LogonId": "0x3e9",
        "ParentImage": "C:\\Windows\\System32\\cmd.exe",
        "ParentCommandLine": "cmd.exe",
    }
    provider, channel = "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational"
    return Event(provider, channel, 1, datetime.now(UTC), "WEB01", 99, fields=fields)


def test_an_event_is_told_and_says_who_made_the_change(server: Watched) -> None:
    server.forward(appcmd("Evil"))
    event = server.expect(lambda alert: alert["iisight"]["kind"] == "event")
    assert "mallory" in event["iisight"]["who"]
    server.edit(HOST, "<globalModules>", f"<globalModules>\n{EVIL}")
    change = server.expect(names("native-module 'Evil' is there"))
    assert "mallory" in change["iisight"]["who"]


def test_an_event_that_comes_late_says_who_made_the_change(server: Watched) -> None:
    server.edit(HOST, "<globalModules>", f"<globalModules>\n{EVIL}")
    change = server.expect(names("native-module 'Evil' is there"))
    assert "who" not in change["iisight"]
    server.forward(appcmd("Evil"))
    late = server.expect(lambda alert: alert["iisight"]["kind"] == "who")
    assert "mallory" in late["iisight"]["who"]
    assert late["iisight"]["about"] == change["event"]["id"]
