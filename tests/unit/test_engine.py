"""Verdicts, suppression, trust, and a rule that fails."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from iisight.engine.registry import Rule, all_rules, find_rule
from iisight.engine.scan import scan
from iisight.engine.settings import Settings, Trust, load, parse_ignore
from iisight.engine.verdicts import judge
from iisight.evidence.memory import memory_source
from iisight.inventory.inventory import Inventory
from iisight.model.component import CatalogueMatch, Component, Kind, Verdict
from iisight.model.coverage import GapKind
from iisight.model.errors import UsageError
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from tests.builders.servers import apphost, files

MODULE = '<globalModules><add name="Odd" image="C:\\ProgramData\\odd.dll" /></globalModules>'
KNOWN = CatalogueMatch("IIS", "core", "x", ("name",))


def found(severity: Severity, confidence: Confidence) -> Finding:
    return Finding("IIS999", "m", severity, confidence, (Evidence(Locator("x")),), ("c",))


def verdict(*findings: Finding, match: CatalogueMatch | None = None, settings: Settings | None = None) -> Verdict:
    component = Component("c", Kind.NATIVE_MODULE, "L-01", "Odd", None, None, match=match)
    return judge([component], findings, settings or Settings())[0].verdict


@pytest.mark.parametrize(
    ("severity", "confidence", "expected"),
    [
        (Severity.LOW, Confidence.HIGH, Verdict.UNVERIFIED),
        (Severity.CRITICAL, Confidence.LOW, Verdict.UNVERIFIED),
        (Severity.MEDIUM, Confidence.MEDIUM, Verdict.SUSPICIOUS),
        (Severity.MEDIUM, Confidence.HIGH, Verdict.SUSPICIOUS),
        (Severity.HIGH, Confidence.MEDIUM, Verdict.SUSPICIOUS),
        (Severity.HIGH, Confidence.HIGH, Verdict.MALICIOUS),
    ],
)
def test_the_verdict_law(severity: Severity, confidence: Confidence, expected: Verdict) -> None:
    assert verdict(found(severity, confidence)) is expected


def test_a_component_the_catalogue_agrees_with_is_known() -> None:
    assert verdict(match=KNOWN) is Verdict.KNOWN


def test_a_component_that_differs_from_the_catalogue_is_not_known() -> None:
    match = CatalogueMatch("IIS", "core", "x", ("name",), ("image",), "y.dll")
    assert verdict(match=match) is Verdict.UNVERIFIED


def test_what_something_speaks_against_is_not_known() -> None:
    assert verdict(found(Severity.MEDIUM, Confidence.LOW), match=KNOWN) is Verdict.UNVERIFIED


def test_a_remark_leaves_a_known_component_known() -> None:
    assert verdict(found(Severity.LOW, Confidence.HIGH), match=KNOWN) is Verdict.KNOWN


def test_a_weighty_finding_outweighs_the_catalogue() -> None:
    assert verdict(found(Severity.MEDIUM, Confidence.MEDIUM), match=KNOWN) is Verdict.SUSPICIOUS


def test_trust_without_the_file_does_not_hold() -> None:
    trust = Settings(trusts=(Trust("*", "0" * 64, "ours", "iisight.toml"),))
    assert verdict(settings=trust) is Verdict.UNVERIFIED


def test_a_suppressed_finding_stays_in_the_report_and_does_not_count() -> None:
    settings = Settings(ignores=(parse_ignore("IIS101=our own gateway"),))
    report = scan(memory_source(files(apphost(MODULE))), settings)
    finding = next(f for f in report.findings if f.rule == "IIS101")
    assert finding.suppressed is not None
    assert finding.suppressed.reason == "our own gateway"


def test_a_fingerprint_stays_when_lines_move() -> None:
    one = scan(memory_source(files(apphost(MODULE))))
    two = scan(memory_source(files(apphost("\n\n" + MODULE))))
    assert [f.fingerprint for f in one.findings] == [f.fingerprint for f in two.findings]


def test_a_rule_that_fails_costs_itself_and_is_named() -> None:
    def fail(_inventory: Inventory, _options: object) -> Iterable[Finding]:
        raise ZeroDivisionError("oops")

    info = RuleInfo("IIS998", "Fails", Severity.LOW, Confidence.LOW, ())
    broken = Rule(info, "fails", "configuration", fail)
    report = scan(memory_source(files(apphost(MODULE))), rules=[broken, find_rule("IIS101")])
    assert [(g.kind, g.subject) for g in report.gaps if g.kind is GapKind.FAILED] == [(GapKind.FAILED, "IIS998")]
    assert any(f.rule == "IIS101" for f in report.findings)


def test_an_option_the_rule_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="IIS101 has no option 'depth'"):
        scan(memory_source(files(apphost())), Settings(options={"IIS101": {"depth": 3}}))


def test_ids_are_unique_and_rules_sorted() -> None:
    ids = [rule.info.id for rule in all_rules()]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("text", ["IIS101", "=reason", "IIS101=", "IIS101= "])
def test_ignoring_needs_a_rule_and_a_reason(text: str) -> None:
    with pytest.raises(UsageError, match="--ignore"):
        parse_ignore(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[ignore]]\nrule = 'IIS101'", "ignore 1: no reason given"),
        ("[[ignore]]\nrules = 'x'\nreason = 'y'", "unknown key 'rules'"),
        ("[ignore]\nreason = 'y'", "write [[ignore]]"),
        ("[[trust]]\ncomponent = 'x'\nreason = 'y'", "needs component and sha256"),
        ("[[trusted]]", "unknown table 'trusted'"),
        ("[[ignore", "array declaration"),
        ("[[ignore]]\nrule = 1\nreason = 'y'", "every value is a string"),
        ("options = 3", "write [options.IIS101]"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "iisight.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        load(path)
    assert message in str(error.value)


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "iisight.toml"
    path.write_text('[[ignore]]\nrule = "IIS1*"\nreason = "known"\n[options.iis105]\nmost = 3\n')
    settings = load(path)
    assert (settings.ignores[0].rule, settings.options) == ("IIS1*", {"IIS105": {"most": 3}})


def test_an_option_of_another_type_is_refused() -> None:
    with pytest.raises(UsageError, match="expected a list of strings, found 'uploads'"):
        scan(memory_source(files(apphost())), Settings(options={"IIS116": {"upload_folders": "uploads"}}))


def test_a_finder_that_fails_costs_itself_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from iisight.inventory.mechanisms import error_pages

    def fail(_survey: object) -> Iterable[object]:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(error_pages, "find", fail)
    report = scan(memory_source(files(apphost(MODULE))))
    assert [g.subject for g in report.gaps if g.kind is GapKind.FAILED] == ["IIS: error pages"]
    assert any(j.component.name == "Odd" for j in report.components)
