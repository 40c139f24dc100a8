"""Real configuration files of clean servers, when there are some: `IISIGHT_CORPUS` names the folder around `configs`.

Files under `configs/odd` are malformed or strange on purpose, the others come from servers believed clean.
"""

import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from iisight.engine.scan import scan
from iisight.evidence.open import open_source
from iisight.model.component import Verdict
from iisight.model.coverage import GapKind

_ROOT = Path(os.environ.get("IISIGHT_CORPUS", ""), "configs")
FILES = sorted(p for p in _ROOT.rglob("*") if p.is_file()) if os.environ.get("IISIGHT_CORPUS") else []
CLEAN = [p for p in FILES if "odd" not in p.relative_to(_ROOT).parts]

pytestmark = pytest.mark.skipif(not FILES, reason="IISIGHT_CORPUS is not set")


def _name(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def _is_well_formed(path: Path) -> bool:
    try:
        ET.fromstring(path.read_bytes())
    except (ET.ParseError, ValueError, LookupError):
        return False
    return True


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_file_is_read_or_named_as_not_read(path: Path) -> None:
    report = scan(open_source(path))

    named = path.name in {f.origin for f in report.files}
    assert named or [g for g in report.gaps if g.subject.endswith(path.name)]


@pytest.mark.parametrize("path", [p for p in FILES if not _is_well_formed(p)], ids=_name)
def test_a_malformed_file_is_reported_with_its_line(path: Path) -> None:
    reasons = [g.reason for g in scan(open_source(path)).gaps if g.kind is GapKind.MALFORMED]

    assert any(re.match(r"line \d+, column \d+: ", reason) for reason in reasons)


@pytest.mark.parametrize("path", CLEAN, ids=_name)
def test_no_component_of_a_clean_server_is_called_bad(path: Path) -> None:
    judged = scan(open_source(path)).components

    assert [j.component.id for j in judged if j.verdict in (Verdict.SUSPICIOUS, Verdict.MALICIOUS)] == []
