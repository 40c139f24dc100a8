"""The text of a comparison, word by word. Run this module to write the golden anew."""

import io
from dataclasses import replace
from pathlib import Path

from iisight.engine.baseline import signed_off
from iisight.engine.compare import compare
from iisight.model.comparison import Comparison
from iisight.model.component import Registration, Verdict
from iisight.model.coverage import Gap, GapKind
from iisight.model.locator import Locator
from iisight.report.comparison import write
from tests.builders import reports
from tests.builders.reports import HOST, SITE, finding, judged

GOLDEN = Path(__file__).parent / "comparison_80.txt"


def comparison() -> Comparison:
    """Return what became of the sample: some things gone, some new, one replaced, and coverage that is less."""
    new = reports.sample()
    implant = replace(reports.implant(), sha256="0d" * 32)
    first, *others = new.components
    components = (replace(first, component=replace(first.component, binary=reports.implant())), *others[1:6])
    row = Registration(Locator(HOST, 215, 13), "system.webServer/globalModules", "", (("name", "AcmeAgent"),))
    agent = judged("AcmeAgent", Verdict.UNVERIFIED, image=r"C:\Acme\agent.dll", registrations=(row,))
    old = replace(
        new,
        components=(replace(first, component=replace(first.component, binary=implant)), *others),
        findings=new.findings[1:],
        time="2024-03-01T08:00:00+00:00",
    )
    logging = replace((new.stated or ())[0], attributes=(("dontLog", "true"),), locator=Locator(HOST, 191, 9))
    after = replace(
        new,
        components=(*components, agent),
        findings=(*new.findings, finding("'AcmeAgent' is registered by no installer that is known")),
        stated=(logging, *(new.stated or ())[1:]),
        gaps=(*new.gaps, Gap(GapKind.UNREADABLE, SITE, "locked by another process")),
        files=tuple(f for f in new.files if f.path != SITE),
    )
    return compare(signed_off(old, "spring", "A. Operator", "change 4711", "2024-03-02T09:00:00+00:00"), after)


def shown() -> str:
    stream = io.StringIO()
    write(comparison(), stream)
    return stream.getvalue()


def test_the_comparison_reads_as_the_golden() -> None:
    assert shown() == GOLDEN.read_text(encoding="utf-8")


def test_what_an_analyst_does_not_copy_keeps_to_the_width() -> None:
    long = [row for row in shown().splitlines() if len(row) > 80 and "\\" not in row]
    assert long == []


if __name__ == "__main__":
    GOLDEN.write_text(shown(), encoding="utf-8", newline="\n")
