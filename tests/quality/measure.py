"""Scan the labelled hosts and count: what was found, what was only listed, what was called bad and is not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from iisight.engine.scan import scan
from iisight.evidence.memory import memory_source
from iisight.model.component import Component, Verdict
from iisight.model.finding import Finding, Severity
from iisight.model.report import Judged, Report
from iisight.workbench.check import look_at
from iisight.workbench.images import CATALOGUE_FOLDER
from iisight.workbench.pages import files_of
from tests.quality.hosts import Host, Target, hosts

_BAD = frozenset({Verdict.SUSPICIOUS, Verdict.MALICIOUS})


@dataclass(slots=True)
class Result:
    """The count of one mechanism's hosts."""

    mechanism: str
    malicious: int = 0
    benign: int = 0
    found: int = 0  # in evidence without signature catalogues, as most is
    found_with: int = 0  # in the same with catalogues
    missed: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)  # benign hosts with a component called bad
    noise: list[str] = field(default_factory=list)  # benign hosts without, and with a finding that fails the scan

    @property
    def recall(self) -> float:
        """Return the share of the malicious hosts that were found."""
        return self.found / self.malicious if self.malicious else 1.0

    @property
    def precision(self) -> float:
        """Return the share of true alarms among the alarms."""
        alarms = self.found + len(self.alarms)
        return self.found / alarms if alarms else 1.0


def measure(mechanism: str) -> Result:
    """Scan the hosts of one mechanism."""
    result = Result(mechanism)
    for host in hosts(mechanism):
        files = files_of(host.case)
        bare = {path: data for path, data in files.items() if not path.startswith(CATALOGUE_FOLDER)}
        reports = [scan(memory_source(held, host.case.title), look=look_at(host.case)) for held in (bare, files)]
        (_count_malicious if host.targets else _count_benign)(result, host, *reports)
    return result


def overall_precision(results: Iterable[Result]) -> float:
    """Return the precision over all mechanisms."""
    counted = list(results)
    found, alarms = sum(r.found for r in counted), sum(len(r.alarms) for r in counted)
    return found / (found + alarms) if found + alarms else 1.0


def table(results: Sequence[Result]) -> str:
    """Return the counts as a table, then each miss and each false alarm."""
    lines = [
        f"{'':6}{'malicious':>10}{'found':>7}{'with .cat':>11}{'recall':>8}{'benign':>8}{'alarms':>8}{'precision':>11}"
    ]
    for r in results:
        told = f"{r.malicious:>10}{r.found:>7}{r.found_with:>11}{r.recall:>8.2f}"
        lines.append(f"{r.mechanism:6}{told}{r.benign:>8}{len(r.alarms):>8}{r.precision:>11.2f}")
    if len(results) > 1:
        bad, found = sum(r.malicious for r in results), sum(r.found for r in results)
        signed = sum(r.found_with for r in results)
        good, alarms = sum(r.benign for r in results), sum(len(r.alarms) for r in results)
        precision = overall_precision(results)
        lines.append(
            f"{'all':6}{bad:>10}{found:>7}{signed:>11}{found / bad:>8.2f}{good:>8}{alarms:>8}{precision:>11.2f}"
        )
    for r in results:
        lines += [f"{r.mechanism} missed: {text}" for text in r.missed]
        lines += [f"{r.mechanism} FALSE ALARM: {text}" for text in r.alarms]
        lines += [f"{r.mechanism} finding on a benign host: {text}" for text in r.noise]
    return "\n".join(lines)


def _count_malicious(result: Result, host: Host, report: Report, catalogued: Report) -> None:
    result.malicious += 1
    result.found_with += all(_is_found(catalogued, t) for t in host.targets)
    missed = [f"{t.value}: {_said(report, t)}" for t in host.targets if not _is_found(report, t)]
    if missed:
        result.missed.append(f"{host.case.title} ({'; '.join(missed)})")
    else:
        result.found += 1


def _count_benign(result: Result, host: Host, *reports: Report) -> None:
    result.benign += 1
    judged = (j for report in reports for j in report.components if j.verdict in _BAD)
    alarms = list(dict.fromkeys(f"{j.component.id}: {j.reasons[0]}" for j in judged))
    noise = list(dict.fromkeys(f"{f.rule}: {f.message}" for report in reports for f in _counting(report)))
    if alarms:
        result.alarms.append(f"{host.case.title} ({'; '.join(alarms)})")
    elif noise:
        result.noise.append(f"{host.case.title} ({'; '.join(noise)})")


def _is_found(report: Report, target: Target) -> bool:
    if target.what == "component":
        return any(j.verdict in _BAD for j in _meant(report, target))
    return any(_names(finding, target) for finding in _counting(report))


def _counting(report: Report) -> list[Finding]:
    """Return the findings that make the scan's exit status 1."""
    return [f for f in report.findings if f.suppressed is None and f.severity.rank >= Severity.MEDIUM.rank]


def _names(finding: Finding, target: Target) -> bool:
    value = target.value.casefold()
    if target.what == "scope":
        return finding.scope.casefold() == value
    return any(e.locator.path.casefold() == value for e in finding.evidence)


def _meant(report: Report, target: Target) -> list[Judged]:
    wanted = target.value.casefold()
    return [j for j in report.components if _own_id(j.component).casefold().startswith(wanted)]


def _own_id(component: Component) -> str:
    """Return a component's id without the name of its server."""
    return component.id.removeprefix(f"{component.server}/")


def _said(report: Report, target: Target) -> str:
    """Say what the report has instead, for whoever mends the rule."""
    if target.what != "component":
        return "; ".join(f"{f.rule} {f.severity}/{f.confidence}" for f in report.findings) or "no finding"
    return "; ".join(f"{j.verdict}, {', '.join(j.reasons)}" for j in _meant(report, target)) or "no such component"
