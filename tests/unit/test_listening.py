"""What is kept of what was heard, when there is too much of it."""

import pytest

from iisight.engine import listening
from iisight.engine.registry import all_rules
from iisight.engine.settings import Settings
from iisight.model.coverage import Gap, GapKind
from iisight.telemetry.interpret import activity_of
from tests.builders import gathered as logs

_COMPILED = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\Temporary ASP.NET Files\root\a\b\App_Web_{}.dll"
_INSTALL = r"install module /name:Evil{} /image:C:\ProgramData\evil.dll"


def heard(quiet: int, weighty: int) -> tuple[int, int, list[Gap]]:
    """Return how many were kept without findings and with, and what is said of the rest."""
    worker = r"C:\Windows\System32\inetsrv\w3wp.exe"
    events = [logs.event(logs.SYSMON, 11, n, Image=worker, TargetFilename=_COMPILED.format(n)) for n in range(quiet)]
    events += [logs.appcmd(_INSTALL.format(n), quiet + n) for n in range(weighty)]
    gaps: list[Gap] = []
    kept = listening.listen(filter(None, map(activity_of, events)), tuple(all_rules()), Settings(), gaps)
    told = sum(bool(each.findings) for each in kept)
    return len(kept) - told, told, gaps


def test_what_no_rule_speaks_of_does_not_push_out_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MAX_HEARD", 5)
    reason = "more than 5 different activities that no rule speaks of: the rest is not told"
    assert heard(8, 2) == (5, 2, [Gap(GapKind.REFUSED, "event logs", reason, 3)])


@pytest.mark.parametrize(("bound", "kept"), [("MAX_HEARD", 5), ("MAX_JUDGED", 5)])
def test_more_than_can_be_looked_at_is_told(monkeypatch: pytest.MonkeyPatch, bound: str, kept: int) -> None:
    monkeypatch.setattr(listening, bound, 5)
    reason = "too many different activities: the rest was not looked at or not kept; narrow the time range"
    assert heard(0, 7) == (0, kept, [Gap(GapKind.REFUSED, "event logs", reason, 2)])
