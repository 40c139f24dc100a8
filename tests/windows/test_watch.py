"""`iisight watch` in a Windows process: over a folder, and over this Windows itself."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from iisight.workbench import stock
from tests.windows.test_scan import INETSRV, _server

__all__ = ["_server"]

SECONDS = 120.0
EVIL = b'<globalModules><add name="Evil" image="C:\\ProgramData\\evil.dll" />'


class Watch:
    """A watch that runs, and the alerts that it has written."""

    def __init__(self, folder: Path, *evidence: str) -> None:
        self._log = folder / "alerts.ndjson"
        events = folder / "events.ndjson"
        events.touch()
        ends = ["--to", f"file:{self._log}", "--events", str(events), "--state", str(folder / "state")]
        self._process = subprocess.Popen([sys.executable, "-m", "iisight", "watch", *evidence, *ends])

    def expect(self, text: str) -> dict[str, Any]:
        """Return the first alert whose message holds a text."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "the watch has ended"
            lines = self._log.read_bytes().splitlines(keepends=True) if self._log.exists() else []
            for line in lines:
                if line.endswith(b"\n") and text in (alert := json.loads(line))["message"]:
                    return dict(alert)
            time.sleep(0.1)
        raise AssertionError(f"nothing was told of '{text}'")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def watching(folder: Path, *evidence: str) -> Iterator[Watch]:
    watch = Watch(folder, *evidence)
    try:
        watch.expect("watching")
        yield watch
    finally:
        watch.end()


def put_server(root: Path) -> None:
    """Write the files of a stock server below a folder."""
    for name, data in stock.stock_files().items():
        path = root / name.replace(":", "")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_a_change_of_a_folder_is_told(tmp_path: Path) -> None:
    root = tmp_path / "server"
    put_server(root)
    host = root / stock.APPHOST.replace(":", "")
    with watching(tmp_path, str(root)) as watch:
        host.write_bytes(host.read_bytes().replace(b"<globalModules>", EVIL))
        told = watch.expect("native-module 'Evil' is there")
    assert told["iisight"]["locator"]["path"].lower() == stock.APPHOST.lower()


@pytest.mark.usefixtures("_server")
def test_a_change_of_this_windows_is_told(tmp_path: Path) -> None:
    host = INETSRV / "config" / "applicationHost.config"
    before = host.read_bytes()
    try:
        with watching(tmp_path) as watch:
            host.write_bytes(before.replace(b"<globalModules>", EVIL))
            told = watch.expect("native-module 'Evil' is there")
    finally:
        host.write_bytes(before)
    assert told["iisight"]["locator"]["path"].lower() == str(host).lower()
