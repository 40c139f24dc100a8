"""Hives in a copied drive, as a user scans them."""

import json
from pathlib import Path

from iisight.workbench.pages import Block, Case, files_of
from tests.e2e.conftest import Run
from tests.e2e.evidence import as_folder

HOOK = Block(
    "registry",
    r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC\Parameters",
    "ServiceDll: C:\\ProgramData\\upd\\w3.dll\n",
)


def test_a_replaced_service_dll_is_malicious_and_shown_with_its_key(run: Run, tmp_path: Path) -> None:
    ran = run("scan", as_folder(files_of(Case("service", True, (HOOK,))), tmp_path), "--format", "json")
    report = json.loads(ran.out)
    (bad,) = (j for j in report["components"] if j["verdict"] == "malicious")

    assert (ran.status, bad["component"]["kind"], bad["component"]["name"]) == (1, "service", "W3SVC")
    (row,) = bad["component"]["registrations"]
    assert row["section"] == r"HKLM\SYSTEM\ControlSet001\Services\W3SVC\Parameters"
    assert row["locator"]["path"] == r"C:\Windows\System32\config\SYSTEM"
