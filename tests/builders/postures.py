"""A posture made by hand, with every kind of thing a reporter has to show, names of an intruder among them."""

from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Evidence
from iisight.model.locator import Locator
from iisight.model.posture import (
    MITIGATIONS,
    Answer,
    Change,
    CheckResult,
    InstallRow,
    Installs,
    Point,
    Posture,
    Reference,
    RuleCoverage,
    Score,
    Subject,
    Told,
)

HOST = r"C:\Windows\System32\inetsrv\config\applicationHost.config"
HOSTILE = "Sh\x1b[31mop\u202e\r\nfake"
LONG = r"C:\inetpub\a-folder-with-a-name-that-takes-more-than-the-width-of-a-terminal-of-eighty-columns\shop"


def check(id_: str, mitigation: str, answer: Answer, *points: Point, weight: int = 6) -> CheckResult:
    """Return the result of a check."""
    references = (Reference("CIS IIS 10 v1.1.1", "1.4", "Ensure 'application pool identity' is configured"),)
    return CheckResult(
        id_, f"Something that check {id_} looks for", mitigation, answer, weight, "Do", references, points
    )


def sample() -> Posture:
    """Return the sample."""
    row = Evidence(Locator(HOST, 12, 9))
    fail = Point(Answer.FAIL, f"pool '{HOSTILE}' runs as LocalSystem", (row,), (), (Subject("pool", HOSTILE),))
    unknown = Point(Answer.UNKNOWN, f"who may write {LONG} is not known", (), (f"the list of rights of {LONG}",))
    many = tuple(Point(Answer.FAIL, f"site {number} logs nothing") for number in range(6))
    return Posture(
        posture="1.0",
        version="0.0.0",
        evidence=HOSTILE,
        mapping="folders that stand for drives",
        checks=(
            check("IIS901", "M1026", Answer.FAIL, fail, unknown, weight=10),
            check("IIS903", "M1026", Answer.UNKNOWN, unknown),
            check("IIS911", "M1038", Answer.PASS, Point(Answer.PASS, "no ISAPI extension runs that is not listed")),
            check("IIS921", "M1045", Answer.NOT_APPLICABLE, Point(Answer.NOT_APPLICABLE, "there is no image")),
            check("IIS937", "M1047", Answer.FAIL, *many, weight=1),
        ),
        scores=(
            Score("M1026", MITIGATIONS["M1026"], 0, 10, 6),
            Score("M1038", MITIGATIONS["M1038"], 6, 0, 0),
            Score("M1045", MITIGATIONS["M1045"], 0, 0, 0),
            Score("M1047", MITIGATIONS["M1047"], 0, 1, 0),
        ),
        first=(
            Change(
                "IIS901", "Let every pool run as ApplicationPoolIdentity", 10, f"pool '{HOSTILE}' runs as LocalSystem"
            ),
        ),
        installs=(
            InstallRow("Default Web Site", "A", r"IIS APPPOOL\A", r"C:\inetpub", (), (), Installs.NO, ()),
            InstallRow(
                HOSTILE,
                "B",
                r"NT AUTHORITY\SYSTEM",
                LONG,
                ("modules", "handlers"),
                (r"BUILTIN\Users", r"CONTOSO\Web Team (?)"),
                Installs.YES,
                ("modules and handlers in web.config",),
            ),
            InstallRow("Shop/a/b/c/d/e/f/g/h", "C", "", "", ("handlers",), (), Installs.UNKNOWN, (), ("x",)),
        ),
        coverage=(
            RuleCoverage("IIS101", "x", Told.YES, ("configuration",), ()),
            RuleCoverage("IIS301", "x", Told.NO, ("Security 4688",), ("process creation is not audited",)),
            RuleCoverage("IIS302", "x", Told.UNKNOWN, ("Security 4663",), ("whether the file system is audited",)),
        ),
        gaps=(Gap(GapKind.MISSING, LONG, "not in the evidence"),),
        time="2026-03-01T10:00:00+00:00",
    )
