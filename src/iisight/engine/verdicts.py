"""The verdict of a component: what the catalogue, the operator and the findings say together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from iisight.engine.settings import Settings
from iisight.model.component import Component, ImageState, Kind, Verdict
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.report import Judged
from iisight.model.signature import Signature

_LOADED = frozenset(
    {
        *(Kind.NATIVE_MODULE, Kind.MANAGED_MODULE, Kind.MANAGED_HANDLER, Kind.ISAPI_EXTENSION, Kind.ISAPI_FILTER),
        *(Kind.APP_ASSEMBLY, Kind.COMPRESSION, Kind.LOG_PLUGIN, Kind.WEBDAV_STORE, Kind.FTP_PROVIDER, Kind.SLEEPER),
        *(Kind.WAS_PROTOCOL, Kind.MANAGER_PROVIDER, Kind.REWRITE_PROVIDER, Kind.TYPE_REFERENCE, Kind.AUTO_START),
    }
)
"""Kinds that do what their file does: Microsoft's signature vouches for them. A program or an interpreter does what it
is told, so a signature says nothing of what that is."""

BAD = (Verdict.MALICIOUS, Verdict.SUSPICIOUS)


def judge(components: Iterable[Component], findings: Iterable[Finding], settings: Settings) -> tuple[Judged, ...]:
    """Return every component with its verdict and the reasons, worst first; suppressed findings do not count."""
    counted: dict[str, list[Finding]] = {}
    for finding in findings:
        for component in finding.components if finding.suppressed is None else ():
            counted.setdefault(component, []).append(finding)
    judged = [_judge(component, counted, settings) for component in components]
    order = list(Verdict)
    return tuple(sorted(judged, key=lambda j: (-order.index(j.verdict), j.component.kind, j.component.id)))


def _judge(component: Component, counted: Mapping[str, Sequence[Finding]], settings: Settings) -> Judged:
    judged = _weighed(component, counted, settings)
    approval = settings.approved.get(component.id)
    if approval is None:
        return judged
    lost = approval.lost(component)
    if lost:
        return replace(judged, reasons=(*judged.reasons, f"{approval.source}: the approval does not hold, {lost}"))
    if judged.verdict is Verdict.TRUSTED:
        return judged
    told = f"{approval.source}: approved, which does not outweigh a finding: {approval.reason}"
    return replace(judged, reasons=(*judged.reasons, told))


def _weighed(component: Component, counted: Mapping[str, Sequence[Finding]], settings: Settings) -> Judged:
    findings = sorted(counted.get(component.id, ()), key=lambda f: (-f.severity.rank, -f.confidence.rank, f.rule))
    weighty = [f for f in findings if is_weighty(f)]
    if weighty:
        verdict = Verdict.MALICIOUS if any(is_proof(f) for f in weighty) else Verdict.SUSPICIOUS
        return Judged(component, verdict, _reasons(weighty))
    trusted = settings.trusted(component)
    if trusted is not None:
        return Judged(component, Verdict.TRUSTED, (f"{trusted.source}: {trusted.reason}",))
    doubted = any(f.severity.rank >= Severity.MEDIUM.rank for f in findings)
    if component.match is not None and component.match.exact and not doubted and not _contradicted(component):
        return Judged(component, Verdict.KNOWN, (_basis(component),))
    signature = signature_of(component)
    if component.kind in _LOADED and not doubted and signature is not None and signature.is_microsoft:
        return Judged(component, Verdict.TRUSTED, (signature.summary,))
    return Judged(component, Verdict.UNVERIFIED, (_doubt(component), *_reasons(findings)))


def is_weighty(finding: Finding) -> bool:
    """Tell whether a finding makes its component suspicious: medium impact, and more likely than not."""
    medium = finding.severity.rank >= Severity.MEDIUM.rank
    return medium and finding.confidence.rank >= Confidence.MEDIUM.rank


def is_proof(finding: Finding) -> bool:
    """Tell whether a finding is enough to call its component malicious."""
    return finding.severity.rank >= Severity.HIGH.rank and finding.confidence is Confidence.HIGH


def _reasons(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{f.rule}: {f.message}" for f in findings))


def _contradicted(component: Component) -> bool:
    """Tell whether the file that was read is not what the catalogue's row would be: no PE at all."""
    return component.binary is not None and component.binary.image is None


def _basis(component: Component) -> str:
    """Say what the verdict `known` rests on, so that nobody takes it for more."""
    match = component.match
    assert match is not None  # noqa: S101  the caller has looked
    text = f"{', '.join(match.agrees)} as {match.product} has it"
    if component.image_state is ImageState.READ:
        signature = signature_of(component)
        return f"{text}; {'file read, signature not checked' if signature is None else signature.summary}"
    return text if component.image is None else f"{text}; file not in the evidence"


def signature_of(component: Component) -> Signature | None:
    """Return the judged signature of a component's file; None when it was not looked at."""
    examination = None if component.binary is None else component.binary.examination
    return None if examination is None else examination.signature


def _doubt(component: Component) -> str:
    match = component.match
    if match is None:
        return "not in the catalogue"
    if match.exact and not _contradicted(component):
        return f"{', '.join(match.agrees)} as {match.product} has it, and something speaks against it"
    if match.differs:
        return f"{', '.join(match.differs)} differ from {match.product}" + (
            f" (expected {match.expected})" if match.expected else ""
        )
    return "its file is not what its name stands for"
