"""A served folder with a watch over it, which can be killed and asked what it told."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from iisight.workbench import stock

SECONDS = 90.0  # within which something must be told; it takes a fraction of one
CONFIG = "C:\\Windows\\System32\\inetsrv\\config\\"
APPHOST = f"{CONFIG}applicationHost.config"
INETSRV = "C:\\Windows\\System32\\inetsrv\\"

Alert = dict[str, Any]
"""A document of ECS, as a line of the file has it."""


class Served:
    """A server of stock files and some more, watched by a process of its own."""

    def __init__(self, folder: Path, more: Mapping[str, bytes] | None = None) -> None:
        self.root, self.state, self.log = folder / "server", folder / "state", folder / "alerts.ndjson"
        self.errors = folder / "errors.txt"
        self.process: subprocess.Popen[bytes] | None = None
        for path, data in {**stock.stock_files(), **(more or {})}.items():
            self.write(path, data)

    def at(self, path: str) -> Path:
        """Return where the file of a Windows path is on this machine."""
        return self.root / path.replace(":", "").replace("\\", "/")

    def write(self, path: str, data: bytes) -> None:
        """Write a file as editors do that write in place."""
        file = self.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def rename_over(self, path: str, data: bytes) -> None:
        """Write a file as editors do that rename a new one over it."""
        new = self.root / "new.tmp"
        new.write_bytes(data)
        new.replace(self.at(path))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the first place of a text in a file."""
        text = self.at(path).read_text("utf-8")
        assert old in text
        self.write(path, text.replace(old, new, 1).encode())

    def start(self, *options: str, env: Mapping[str, str] | None = None) -> None:
        """Start a watch."""
        command = [sys.executable, "-m", "iisight", "watch", str(self.root), "--state", str(self.state)]
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [*command, "--to", f"file:{self.log}", "--name", "WEB01", *options],
                stderr=errors,
                env={**os.environ, **(env or {})},
            )

    def kill(self) -> None:
        """End the watch as a power cut does: with kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def alerts(self) -> list[Alert]:
        """Return all that was told, in order; what came twice twice."""
        return alerts_in(self.log)

    def messages(self, since: int = 0) -> list[str]:
        """Return the sentences that were told."""
        return [str(alert["message"]) for alert in self.alerts()[since:]]

    def expect(self, *wanted: str, since: int = 0, seconds: float = SECONDS) -> Alert:
        """Wait for an alert whose sentence has all these parts, and return it."""
        found: list[Alert] = []

        def is_told() -> bool:
            found[:] = [a for a in self.alerts()[since:] if all(part in a["message"] for part in wanted)]
            return bool(found)

        self.until(is_told, f"{wanted} is not told", since, seconds)
        return found[0]

    def settle(self, *options: str, since: int = 0, seconds: float = SECONDS) -> None:
        """Start the watch anew, and wait until everything was looked at and all is delivered."""
        self.kill()
        before = self.fact("generation")
        self.start(*options)
        self.until(
            lambda: self.fact("generation") != before and not self._has_more(), "it does not rest", since, seconds
        )

    def until(self, is_so: Callable[[], bool], failing: str, since: int = 0, seconds: float = SECONDS) -> None:
        """Wait for something."""
        deadline = time.monotonic() + seconds
        while not is_so():
            ended = None if self.process is None else self.process.poll()
            if ended is not None or time.monotonic() > deadline:
                shown = "\n".join(self.messages(since)[-40:])
                said = self.errors.read_text()[-3000:] if self.errors.exists() else ""
                raise AssertionError(f"{failing} (status {ended}); told instead:\n{shown}\n{said}")
            time.sleep(0.02)

    def memory(self) -> int:
        """Return how much memory the watch took at most, in MiB; 0 where the system does not say."""
        status = Path(f"/proc/{self.process.pid}/status") if self.process is not None else Path()
        lines = status.read_text().splitlines() if status.is_file() else []
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)

    def fact(self, name: str) -> str:
        """Return a fact of the state."""
        found = self._ask("SELECT value FROM facts WHERE name = ?", name)
        return str(found[0][0]) if found else ""

    def queued(self) -> set[str]:
        """Return the ids of alerts that the queue has, or has had of late."""
        return {str(row[0]) for row in self._ask("SELECT id FROM queue_id")}

    def _has_more(self) -> bool:
        waiting = self._ask(
            "SELECT (SELECT count(*) FROM told), (SELECT last FROM queue_end) - (SELECT min(cursor) FROM queue_sink)"
        )
        return not waiting or waiting[0] != (0, 0)

    def _ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            connection = sqlite3.connect(f"{(self.state / 'watch.sqlite').as_uri()}?mode=ro", uri=True, timeout=10)
        except sqlite3.Error:
            return []
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.Error:
            return []
        finally:
            connection.close()


def alerts_in(log: Path) -> list[Alert]:
    """Return the alerts of a file, in order."""
    lines = log.read_bytes().splitlines(keepends=True) if log.exists() else []
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def differing_twins(alerts: Iterable[Alert]) -> list[str]:
    """Return the ids of alerts that came twice and were not the same."""
    first: dict[str, Alert] = {}
    return [a["event"]["id"] for a in alerts if first.setdefault(a["event"]["id"], a) != a]
